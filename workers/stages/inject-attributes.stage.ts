// Puts a customer's attributes onto the conversation, and looks later whether they came back. Invariants: only what has
// changed is sent; nothing is done for a conversation that is over; each injection that is settled leaves a record of its
// outcome in the audit, the same one however often it runs; under the budget those who wait come first.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Config } from '../../src/config/entries.ts';
import type { ConversationState } from '../../src/domain/conversation/state.ts';
import { BULK_CAUSE } from '../../src/domain/enrichment/trigger.ts';
import { isWaiting } from '../../src/domain/conversation/customer.ts';
import { injectionContentSchema, splitValues, type InjectedValues, type Split } from '../../src/domain/enrichment/values.ts'; // prettier-ignore
import type { Metrics } from '../../src/observability/metrics.ts';
import { Interrupted, Retryable, Throttled } from '../../src/runtime/errors.ts';
import { unsealAs, type Seal } from '../../src/runtime/seal.ts';
import type { OnStep } from '../../src/runtime/steps.ts';
import { done, skip, type MessageStage, type Outcome, type StageContext } from '../../src/runtime/stage.ts';
import { confirm } from '../../src/sinks/attributes/confirm.ts';
import { inject, type Injected } from '../../src/sinks/attributes/inject.ts';
import type { CallAs, ParticipantAttributes } from '../../src/sinks/attributes/participant-attributes.ts';
import type { ConversationTarget } from '../../src/sinks/conversation/target.ts';
import { injectAttributesQueue, type InjectJob } from '../../queues/inject-attributes.queue.ts';
import { auditOf, type AuditJob, type Settled } from '../../queues/record-audit.queue.ts';
import { hopeless, stepAside, type Why } from './giving-up.ts';

type Job = z.output<typeof injectAttributesQueue.schema>;

export interface InjectAttributesNeeds {
  readonly seal: Seal;
  readonly readState: (conversationId: string) => Promise<ConversationState | undefined>;
  readonly participants: ParticipantAttributes;
  readonly custom: ConversationTarget;
  readonly announce: (news: { conversationId: string; traceId: string; at: number; sealed: string }) => Promise<void>;
  readonly audit: (record: AuditJob) => Promise<void>;
  readonly confirmLater: (job: InjectJob, delayMs: number) => Promise<void>;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly onStep: OnStep;
}

type Settings = Pick<
  Config,
  | 'injectionTarget'
  | 'injectionTimeoutMs'
  | 'injectionAttempts'
  | 'injectionConcurrency'
  | 'injectionMaxAttributes'
  | 'injectionMaxValueChars'
  | 'injectionConfirmSeconds'
  | 'conversationUpdateMaxConflicts'
>;

/** A few calls' worth of budget: else each would be waited for by itself. */
const LEAST_PAUSE_MS = 1000;

export const injectAttributesStage = (settings: Settings): MessageStage<Job, InjectAttributesNeeds> => ({
  kind: 'message',
  name: 'inject-attributes',
  does: 'Puts what changed of a customer’s attributes onto the conversation, and sends once more what never came back.',
  from: injectAttributesQueue.name,
  to: {
    platform: 'participant and custom attributes',
    news: 'announce-enrichment',
    outcome: 'record-audit',
    later: 'inject-attributes',
  },
  retry: { attempts: settings.injectionAttempts, initialMs: 1000, maxMs: 10_000 },
  timeoutMs: settings.injectionTimeoutMs,
  concurrency: settings.injectionConcurrency,
  handle: async (job, context, needs) => {
    const state = await needs.readState(job.conversationId);
    const call = { priority: priorityOf(job, state), signal: context.signal };
    try {
      return job.step === 'confirm'
        ? await confirmed(job, state, call, needs)
        : await injected(settings, job, state, context, call, needs);
    } catch (error) {
      return heldBack(settings, job, error, context, call, needs);
    }
  },
  abandon: (job, why, needs) => givenUp(job, why, needs),
});

/** A look at what came back and a list that somebody gave give way to those who wait. */
function priorityOf({ step, cause }: Job, state: ConversationState | undefined): CallAs['priority'] {
  const isUrgent = step === 'inject' && cause !== BULK_CAUSE && (state === undefined || isWaiting(state));
  return isUrgent ? 'live' : 'bulk';
}

async function injected(
  settings: Settings,
  job: Job,
  state: ConversationState | undefined,
  { begunBefore }: StageContext,
  call: CallAs,
  needs: InjectAttributesNeeds,
): Promise<Outcome> {
  const { injectionTarget, injectionMaxAttributes: maxAttributes, injectionMaxValueChars: maxValueChars } = settings;
  if (state?.phase === 'ended') return over(job, needs);
  const content = unsealAs(injectionContentSchema, job.sealed, needs.seal);
  const values = splitValues(content, injectionTarget, { maxAttributes, maxValueChars });
  const onConflict = (): void => needs.metrics.count('throughline_injection_conflicts_total');
  const custom = { target: needs.custom, maxConflicts: settings.conversationUpdateMaxConflicts, onConflict };
  const result = await inject({ ...job, values }, state, { participants: needs.participants, custom }, call);
  if (result === 'over') return over(job, needs);
  if (Object.keys(result.sent.texts).length > 0) await askLater(settings, job, result.sent, needs);
  // a process that dies from here on finds it all there the next time, and tells the same
  await needs.onStep('injection.sent');
  // what changes nothing is nobody's news; a run that died may have changed it all, so that this one finds it there
  if (begunBefore || isNews(result)) await tell(job, content.values, needs);
  await needs.onStep('injection.announced');
  const payloadHash = hashOf(content.values);
  await settled(job, { success: true, outcome: 'injected', error: null, payloadHash }, needs);
  measure(values, result, needs);
  return done();
}

const isNews = ({ sent, custom }: Injected): boolean => Object.keys(sent.texts).length > 0 || custom === 'written';

function tell(
  { conversationId, traceId }: Job,
  attributes: InjectedValues,
  needs: InjectAttributesNeeds,
): Promise<void> {
  const sealed = needs.seal.seal(JSON.stringify({ attributes }));
  return needs.announce({ conversationId, traceId, at: needs.now(), sealed });
}

async function confirmed(
  job: Job,
  state: ConversationState | undefined,
  call: CallAs,
  { participants, seal, metrics }: InjectAttributesNeeds,
): Promise<Outcome> {
  if (state === undefined || state.phase === 'ended') return skip('ended');
  const result = await confirm(unsealAs(sentSchema, job.sealed, seal), state, participants, call);
  if (result === 'over') return skip('ended');
  for (const [outcome, count] of Object.entries(result)) {
    if (count > 0) metrics.count('throughline_injection_attributes_total', { target: 'participant', outcome }, count);
  }
  return done();
}

const texts = z.record(z.string(), z.string());
const sentSchema = z.object({ texts, before: texts });

function askLater(settings: Settings, job: Job, sent: Injected['sent'], needs: InjectAttributesNeeds): Promise<void> {
  const sealed = needs.seal.seal(JSON.stringify(sent));
  return needs.confirmLater({ ...job, step: 'confirm', sealed }, settings.injectionConfirmSeconds * 1000);
}

async function over(job: Job, needs: InjectAttributesNeeds): Promise<Outcome> {
  needs.metrics.count('throughline_injections_total', { outcome: 'ended' });
  await settled(job, { success: false, outcome: 'ended', error: null }, needs);
  return skip('ended');
}

/** The budget that is kept for those who wait holds up nobody but who wants it; what is given up leaves its record. */
async function heldBack(
  settings: Settings,
  job: Job,
  thrown: unknown,
  { signal, attemptsMade }: StageContext,
  { priority }: CallAs,
  needs: InjectAttributesNeeds,
): Promise<Outcome> {
  const error = signal.aborted && !(signal.reason instanceof Interrupted) ? outOfTime(settings) : thrown;
  if (error instanceof Throttled) {
    if (priority === 'bulk' && error.code === 'rate_budget') return stepAside(atLeast(LEAST_PAUSE_MS, error));
    throw atLeast(LEAST_PAUSE_MS, error);
  }
  const last = hopeless(error, attemptsMade, settings.injectionAttempts);
  if (last !== undefined) await givenUp(job, last.why, needs);
  throw last?.thrown ?? error;
}

/** A look whether something came back is none of the audit's business. */
async function givenUp(job: Job, error: Why, needs: InjectAttributesNeeds): Promise<void> {
  if (job.step === 'confirm') return;
  needs.metrics.count('throughline_injections_total', { outcome: 'failed' });
  await settled(job, { success: false, outcome: 'failed', error }, needs);
}

const atLeast = (ms: number, { code, message, retryAfterMs }: Throttled): Throttled =>
  new Throttled(code, message, Math.max(ms, retryAfterMs));

const outOfTime = ({ injectionTimeoutMs }: Settings): Retryable =>
  new Retryable('timeout', `no outcome within ${injectionTimeoutMs} ms`);

const settled = (job: Job, what: Settled, { audit, now }: InjectAttributesNeeds): Promise<void> =>
  audit(auditOf(job, what, now()));

/** The same values have the same hash, in whatever order they came. */
function hashOf(values: InjectedValues): string {
  const sorted = Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

function measure(values: Split, { sent, custom }: Injected, { metrics }: InjectAttributesNeeds): void {
  const count = (target: string, outcome: string, by: number): void => {
    if (by > 0) metrics.count('throughline_injection_attributes_total', { target, outcome }, by);
  };
  const sentTexts = Object.keys(sent.texts).length;
  const typed = Object.keys(values.typed).length;
  count('participant', 'sent', sentTexts);
  count('participant', 'unchanged', Object.keys(values.texts).length - sentTexts);
  count('custom', custom === 'written' ? 'sent' : 'unchanged', typed);
  for (const { target, why } of values.leftOut) count(target, why, 1);
  metrics.count('throughline_injections_total', { outcome: isNews({ sent, custom }) ? 'injected' : 'unchanged' });
}
