// Holds what the CRM knows of a customer against what the conversation's flow takes in, and hands on what passes.
// Invariants: one value that cannot be converted never holds back the rest; it is named by attribute, declared type and
// the kind of what was there, never by value; nothing is done for a conversation that is over.
import { z } from 'zod';
import type { ConversationState } from '../../src/domain/conversation/state.ts';
import { BULK_CAUSE } from '../../src/domain/enrichment/trigger.ts';
import { contentOf, validate, type AttributeProblem, type Validation } from '../../src/domain/enrichment/validate.ts';
import type { AttributeSchema } from '../../src/domain/enrichment/attribute-schema.ts';
import type { InjectionOrder } from '../../src/enrichment/inspector.ts';
import type { ConversationSchemas } from '../../src/genesys/schemas/conversation-schemas.ts';
import type { ServedSchema } from '../../src/genesys/schemas/schema-source.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import { Throttled } from '../../src/runtime/errors.ts';
import { unsealAs, type Seal } from '../../src/runtime/seal.ts';
import { done, skip, type MessageStage, type Outcome, type StageContext } from '../../src/runtime/stage.ts';
import { auditOf, type AuditJob } from '../../queues/record-audit.queue.ts';
import { validateAttributesQueue, type ValidateJob } from '../../queues/validate-attributes.queue.ts';
import { hopeless, stepAside, type Why } from './giving-up.ts';

export interface ValidateAttributesNeeds {
  readonly seal: Seal;
  readonly readState: (conversationId: string) => Promise<ConversationState | undefined>;
  readonly schemas: ConversationSchemas;
  readonly inject: (order: InjectionOrder) => Promise<void>;
  readonly audit: (job: AuditJob) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** Some two minutes of a platform that answers with errors, for a schema that nobody has read yet. */
const RETRY = { attempts: 10, initialMs: 500, maxMs: 30_000 };
/** A few lines of a log; the inspector shows all. */
const MOST_NAMED = 20;

export const validateAttributesStage: MessageStage<ValidateJob, ValidateAttributesNeeds> = {
  kind: 'message',
  name: 'validate-attributes',
  does: 'Holds what the CRM knows of a customer against what the flow takes in, and hands on what passes, sealed.',
  from: validateAttributesQueue.name,
  to: { passed: 'inject-attributes', other: 'record-audit' },
  retry: RETRY,
  // a reading of the platform takes 15 s at most
  timeoutMs: 20_000,
  concurrency: 20,
  handle: async (job, context, needs) => {
    const state = await needs.readState(job.conversationId);
    if (state === undefined || state.phase === 'ended') {
      return over(job, state === undefined ? 'forgotten' : 'ended', needs);
    }
    try {
      return await held(job, await needs.schemas.of(state, context.signal), needs);
    } catch (error) {
      if (error instanceof Throttled) return stepAside(error);
      throw await failed(job, error, context, needs);
    }
  },
  abandon: (job, why, needs) => givenUp(job, why, needs),
};

/** Who gave a list is owed an answer for each of its conversations. */
async function over(
  job: ValidateJob,
  outcome: 'forgotten' | 'ended',
  needs: ValidateAttributesNeeds,
): Promise<Outcome> {
  if (job.cause === BULK_CAUSE) await needs.audit(auditOf(job, { success: false, outcome, error: null }, needs.now()));
  else needs.metrics.count('throughline_enrichments_total', { outcome });
  needs.metrics.count('throughline_enrichment_validations_total', { outcome: 'ended' });
  return skip(outcome);
}

async function held(
  job: ValidateJob,
  served: ServedSchema | undefined,
  needs: ValidateAttributesNeeds,
): Promise<Outcome> {
  if (served === undefined) return nothing('no_schema', job, needs);
  if (served.problem !== undefined) return nothing('nothing_declared', job, needs);
  const validation = validate(served.schema, unsealAs(customerSchema, job.sealed, needs.seal).attributes);
  measure(served.schema, validation, needs.metrics);
  name(job, validation.problems, needs.log);
  if (Object.keys(validation.values).length === 0) return nothing('nothing_valid', job, needs);
  const { conversationId, traceId, cause, startedAt } = job;
  const sealed = needs.seal.seal(JSON.stringify(contentOf(served.schema, validation)));
  await needs.inject({ conversationId, traceId, cause, startedAt, sealed });
  needs.metrics.count('throughline_enrichment_validations_total', { outcome: 'passed' });
  return done();
}

const customerSchema = z.object({ attributes: z.record(z.string(), z.unknown()) });

async function nothing(
  outcome: 'no_schema' | 'nothing_declared' | 'nothing_valid',
  job: ValidateJob,
  needs: ValidateAttributesNeeds,
): Promise<Outcome> {
  needs.metrics.count('throughline_enrichment_validations_total', { outcome });
  await needs.audit(auditOf(job, { success: false, outcome, error: null }, needs.now()));
  return done();
}

/** Told where nothing more will be tried. */
async function failed(
  job: ValidateJob,
  thrown: unknown,
  { attemptsMade }: StageContext,
  needs: ValidateAttributesNeeds,
): Promise<unknown> {
  const last = hopeless(thrown, attemptsMade, RETRY.attempts);
  if (last !== undefined) await givenUp(job, last.why, needs);
  return last?.thrown ?? thrown;
}

async function givenUp(job: ValidateJob, error: Why, needs: ValidateAttributesNeeds): Promise<void> {
  needs.metrics.count('throughline_enrichment_validations_total', { outcome: 'failed' });
  await needs.audit(auditOf(job, { success: false, outcome: 'validation_failed', error }, needs.now()));
}

function measure(
  { attributes }: AttributeSchema,
  { values, converted, problems, extra, missing }: Validation,
  metrics: Metrics,
): void {
  const asIs = Object.keys(values).length - converted.length;
  const found = { as_is: asIs, converted: converted.length, refused: problems.length, missing: missing.length, extra: extra.length }; // prettier-ignore
  for (const [outcome, by] of Object.entries(found)) {
    if (by > 0) metrics.count('throughline_enrichment_attributes_total', { outcome }, by);
  }
  const typeOf = new Map(attributes.map(({ key, types }) => [key, types[0] ?? 'any']));
  for (const { attribute, refusal: reason } of problems) {
    const expected = typeOf.get(attribute) ?? 'any';
    metrics.count('throughline_enrichment_attributes_refused_total', { expected, reason });
  }
}

/** Keys that a schema declares are nobody's secret; values are. */
function name({ conversationId, traceId }: ValidateJob, problems: readonly AttributeProblem[], log: Logger): void {
  if (problems.length === 0) return;
  const refused = problems
    .slice(0, MOST_NAMED)
    .map(({ attribute, expected, got, refusal }) => ({ attribute, expected, got, why: refusal }));
  log.info({ conversationId, traceId, count: problems.length, refused }, 'attributes could not be converted');
}
