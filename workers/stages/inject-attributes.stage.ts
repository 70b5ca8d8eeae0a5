// Puts a customer's attributes onto the conversation, and looks later whether they came back. Invariants: only what has
// changed is sent; nothing is done for a conversation that is over; each injection that is settled leaves a record of its
// outcome in the audit, the same one however often it runs; under the budget those who wait come first.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Config } from '../../src/config/entries.ts';
import type { ConversationState } from '../../src/domain/conversation/state.ts';
import { isWaiting } from '../../src/domain/conversation/customer.ts';
import { injectionContentSchema, splitValues, type InjectedValues, type Split } from '../../src/domain/enrichment/values.ts'; // prettier-ignore
import type { Metrics } from '../../src/observability/metrics.ts';
import { Failure, Interrupted, Poison, Retryable, Throttled } from '../../src/runtime/errors.ts';
import type { Seal } from '../../src/runtime/seal.ts';
import type { OnStep } from '../../src/runtime/steps.ts';
import { defer, done, skip, type MessageStage, type Outcome, type StageContext } from '../../src/runtime/stage.ts';
import { confirm } from '../../src/sinks/attributes/confirm.ts';
import { inject, type Injected } from '../../src/sinks/attributes/inject.ts';
import type { CallAs, ParticipantAttributes } from '../../src/sinks/attributes/participant-attributes.ts';
import type { ConversationTarget } from '../../src/sinks/conversation/target.ts';
import { injectAttributesQueue, type InjectJob } from '../../queues/inject-attributes.queue.ts';
import type { AuditJob } from '../../queues/record-audit.queue.ts';

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
/** A deferred one looks again this soon: by then the conversation may be over. */
const LONGEST_DEFERRAL_MS = 30_000;

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
    const priority = job.step === 'inject' && (state === undefined || isWaiting(state)) ? 'live' : 'bulk';
    const call = { priority, signal: context.signal } as const;
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
  const content = unsealed(injectionContentSchema, job, needs.seal);
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
  await settled(job, { success: true, outcome: 'injected', error: null }, needs, hashOf(content.values));
  measure(job, values, result, needs);
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
  const result = await confirm(unsealed(sentSchema, job, seal), state, participants, call);
  if (result === 'over') return skip('ended');
  for (const [outcome, count] of Object.entries(result)) {
    if (count > 0) metrics.count('throughline_injection_attributes_total', { target: 'participant', outcome }, count);
  }
  return done();
}

const texts = z.record(z.string(), z.string());
const sentSchema = z.object({ texts, before: texts });

function unsealed<S extends z.ZodType>(schema: S, { sealed }: Job, seal: Seal): z.output<S> {
  const parsed = schema.safeParse(JSON.parse(seal.unseal(sealed)));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => path[0] ?? '(all of it)').join(', ');
  throw new Poison('message_invalid', `the sealed part does not fit its schema at: ${where}`);
}

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
  const { kind, code, message } = error instanceof Failure ? error : UNFORESEEN;
  if (error instanceof Throttled) {
    const pauseMs = Math.max(LEAST_PAUSE_MS, error.retryAfterMs);
    if (priority === 'bulk' && code === 'rate_budget') return defer(code, Math.min(pauseMs, LONGEST_DEFERRAL_MS));
    throw new Throttled(code, message, pauseMs);
  }
  const isHopeless = kind === 'poison' || kind === 'fatal' || attemptsMade + 1 >= settings.injectionAttempts;
  if (kind === 'interrupted' || !isHopeless) throw error;
  await givenUp(job, { code, message }, needs);
  // credentials that no longer work stop the ingester; a worker has other work
  throw kind === 'fatal' ? new Poison(code, message) : error;
}

/** A look whether something came back is none of the audit's business. */
async function givenUp(job: Job, { code, message }: AuditError, needs: InjectAttributesNeeds): Promise<void> {
  if (job.step === 'confirm') return;
  needs.metrics.count('throughline_injections_total', { outcome: 'failed' });
  await settled(job, { success: false, outcome: 'failed', error: { code, message } }, needs);
}

const UNFORESEEN = { kind: 'retryable', code: 'unexpected', message: 'failed in a way nobody foresaw' } as const;

const outOfTime = ({ injectionTimeoutMs }: Settings): Retryable =>
  new Retryable('timeout', `no outcome within ${injectionTimeoutMs} ms`);

type AuditError = NonNullable<AuditJob['error']>;
type Settling = Pick<AuditJob, 'success' | 'outcome' | 'error'>;

async function settled(
  { conversationId, traceId, startedAt }: Job,
  what: Settling,
  { audit, now }: InjectAttributesNeeds,
  payloadHash: string | null = null,
): Promise<void> {
  const timestamp = now();
  await audit({ timestamp, conversationId, traceId, ...what, latencyMs: Math.max(0, timestamp - startedAt), payloadHash }); // prettier-ignore
}

/** The same values have the same hash, in whatever order they came. */
function hashOf(values: InjectedValues): string {
  const sorted = Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

function measure(job: Job, values: Split, { sent, custom }: Injected, { metrics, now }: InjectAttributesNeeds): void {
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
  metrics.observe('throughline_injection_seconds', Math.max(0, now() - job.startedAt) / 1000);
}
