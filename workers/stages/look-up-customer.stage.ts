// Asks what the CRM knows of a conversation's customer and hands it on, sealed. Invariants: nothing personal in a job;
// who the customer is comes from the conversation's state, now; a conversation that is over costs the CRM nothing; a CRM
// that wants to be left alone defers the jobs that need it and no other.
import type { Config } from '../../src/config/entries.ts';
import type { ConversationState } from '../../src/domain/conversation/state.ts';
import type { CustomerIdentity } from '../../src/domain/enrichment/identity.ts';
import { BULK_CAUSE } from '../../src/domain/enrichment/trigger.ts';
import type { CustomerLookup, FoundCustomer } from '../../src/enrichment/lookup/customer.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import { Throttled } from '../../src/runtime/errors.ts';
import { done, skip, type MessageStage, type Outcome, type StageContext } from '../../src/runtime/stage.ts';
import { lookUpCustomerQueue, type LookUpJob } from '../../queues/look-up-customer.queue.ts';
import { auditOf, type AuditJob } from '../../queues/record-audit.queue.ts';
import type { ValidateJob } from '../../queues/validate-attributes.queue.ts';
import { hopeless, stepAside, type Why } from './giving-up.ts';

export interface LookUpCustomerNeeds {
  readonly readState: (conversationId: string) => Promise<ConversationState | undefined>;
  readonly unseal: (sealed: string) => CustomerIdentity | undefined;
  readonly seal: (plain: string) => string;
  readonly lookup: CustomerLookup;
  readonly validate: (job: ValidateJob) => Promise<void>;
  readonly audit: (job: AuditJob) => Promise<void>;
  readonly metrics: Metrics;
  readonly now: () => number;
}

/** Some two minutes of a CRM that answers with errors; one that is down altogether is held back, which costs no attempt. */
const RETRY = { attempts: 10, initialMs: 500, maxMs: 30_000 };
/** One for each identifier that a mapping may name. */
const REQUESTS = 6;

type Settings = Pick<Config, 'enrichmentLookupTimeoutMs' | 'enrichmentLookupConcurrency'>;

export const lookUpCustomerStage = (settings: Settings): MessageStage<LookUpJob, LookUpCustomerNeeds> => ({
  kind: 'message',
  name: 'look-up-customer',
  does: 'Asks the CRM what it knows of a conversation’s customer, and hands it on sealed.',
  from: lookUpCustomerQueue.name,
  to: { found: 'validate-attributes', other: 'record-audit' },
  retry: RETRY,
  timeoutMs: settings.enrichmentLookupTimeoutMs * REQUESTS + 5000,
  concurrency: settings.enrichmentLookupConcurrency,
  handle: async (job, context, needs) => {
    const state = await needs.readState(job.conversationId);
    const nobody = whyNobody(state);
    if (nobody !== undefined) return skipped(job, nobody, needs);
    const identity = needs.unseal(state?.identity ?? '');
    if (identity === undefined) return skipped(job, 'unidentified', needs);
    return lookUp(job, identity, context, needs);
  },
  abandon: (job, why, needs) => givenUp(job, why, needs),
});

type Nobody = 'forgotten' | 'ended' | 'unidentified';

function whyNobody(state: ConversationState | undefined): Nobody | undefined {
  if (state === undefined) return 'forgotten';
  if (state.phase === 'ended') return 'ended';
  return state.identity === undefined ? 'unidentified' : undefined;
}

/** Who gave the list is owed an answer for each of its conversations. */
async function skipped(job: LookUpJob, outcome: Nobody, needs: LookUpCustomerNeeds): Promise<Outcome> {
  if (job.cause === BULK_CAUSE) await needs.audit(auditOf(job, { success: false, outcome, error: null }, needs.now()));
  else needs.metrics.count('throughline_enrichments_total', { outcome });
  count(needs, outcome);
  return skip(outcome);
}

const count = ({ metrics }: LookUpCustomerNeeds, outcome: string, freshness = ''): void =>
  metrics.count('throughline_enrichment_lookups_total', { outcome, freshness });

async function lookUp(
  job: LookUpJob,
  identity: CustomerIdentity,
  { signal, attemptsMade }: StageContext,
  needs: LookUpCustomerNeeds,
): Promise<Outcome> {
  const begunAt = needs.now();
  try {
    const priority = job.cause === BULK_CAUSE ? 'bulk' : 'live';
    const found = await needs.lookup.find(identity, { signal, priority });
    needs.metrics.observe('throughline_enrichment_lookup_seconds', (needs.now() - begunAt) / 1000);
    await (found === undefined ? notFound(job, needs) : handOn(job, found, needs));
    return done();
  } catch (error) {
    if (!(error instanceof Throttled)) throw await failed(job, error, attemptsMade, needs);
    count(needs, 'held_back');
    return stepAside(error);
  }
}

async function handOn(job: LookUpJob, found: FoundCustomer, needs: LookUpCustomerNeeds): Promise<void> {
  const { conversationId, traceId, cause, startedAt } = job;
  await needs.validate({ conversationId, traceId, cause, startedAt, sealed: needs.seal(JSON.stringify(found)) });
  count(needs, 'found', found.freshness);
}

async function notFound(job: LookUpJob, needs: LookUpCustomerNeeds): Promise<void> {
  await needs.audit(auditOf(job, { success: false, outcome: 'not_found', error: null }, needs.now()));
  count(needs, 'not_found');
}

/** Told where nothing more will be tried. */
async function failed(job: LookUpJob, thrown: unknown, attemptsMade: number, needs: LookUpCustomerNeeds) {
  const last = hopeless(thrown, attemptsMade, RETRY.attempts);
  if (last !== undefined) await givenUp(job, last.why, needs);
  return last?.thrown ?? thrown;
}

async function givenUp(job: LookUpJob, error: Why, needs: LookUpCustomerNeeds): Promise<void> {
  await needs.audit(auditOf(job, { success: false, outcome: 'lookup_failed', error }, needs.now()));
  count(needs, 'failed');
}
