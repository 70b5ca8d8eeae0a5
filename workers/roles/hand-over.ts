// How the stages of an enrichment give each other work. Invariant: the same message is the same job however often it is
// handed over, and the stage that takes it has all the attempts it declares; whose customer waits comes first.
import type { JobsOptions, Queue } from 'bullmq';
import { isWaiting } from '../../src/domain/conversation/customer.ts';
import type { ConversationState } from '../../src/domain/conversation/state.ts';
import { BULK_CAUSE } from '../../src/domain/enrichment/trigger.ts';
import type { RetryPolicy } from '../../src/runtime/retry-policy.ts';
import type { AnnounceJob } from '../../queues/announce-enrichment.queue.ts';
import { injectJobId, type InjectJob } from '../../queues/inject-attributes.queue.ts';
import { LAST_PRIORITY, SERVED_PRIORITY } from '../../queues/priority.ts';
import { auditJobId, type AuditJob } from '../../queues/record-audit.queue.ts';
import type { ValidateJob } from '../../queues/validate-attributes.queue.ts';
import { statesOf } from './foundation.ts';
import type { Parts } from './worker-parts.ts';

export interface HandOver {
  readonly validate: (job: ValidateJob) => Promise<void>;
  readonly inject: (job: InjectJob) => Promise<void>;
  readonly confirmLater: (job: InjectJob, delayMs: number) => Promise<void>;
  readonly announce: (job: AnnounceJob) => Promise<void>;
  /** What came of an enrichment: for the audit and for the figures. */
  readonly audit: (job: AuditJob) => Promise<void>;
}

type Given = JobsOptions & { readonly jobId: string };

export function handOver({ base, path, queues }: Pick<Parts, 'base' | 'path' | 'queues'>): HandOver {
  const validate = adderTo(queues.validateAttributes, path.validateAttributes);
  const inject = adderTo(queues.injectAttributes, path.injectAttributes);
  const announce = adderTo(queues.announceEnrichment, path.announceEnrichment);
  const audit = adderTo(queues.recordAudit, path.recordAudit);
  const { read } = statesOf(base);
  return {
    validate: (job) => validate('validate', job, { jobId: job.traceId }),
    inject: async (job) => {
      const place = placeOf(job, await read(job.conversationId));
      await inject('inject', job, { jobId: injectJobId(job), ...place });
    },
    confirmLater: (job, delay) => inject('confirm', job, { jobId: injectJobId(job), delay, priority: LAST_PRIORITY }),
    announce: (job) => announce('announce', job, { jobId: job.traceId }),
    audit: async (job) => {
      await audit('record', job, { jobId: auditJobId(job) });
      base.metrics.count('throughline_enrichments_total', { outcome: job.outcome });
      if (job.success) base.metrics.observe('throughline_enrichment_seconds', job.latencyMs / 1000);
    },
  };
}

/** A list that somebody gave is behind all that goes on by itself. */
function placeOf({ cause }: InjectJob, state: ConversationState | undefined): { readonly priority?: number } {
  if (cause === BULK_CAUSE) return { priority: LAST_PRIORITY };
  return state === undefined || isWaiting(state) ? {} : { priority: SERVED_PRIORITY };
}

const adderTo =
  (queue: Queue, { retry: { attempts } }: { readonly retry: RetryPolicy }) =>
  async (name: string, job: object, given: Given): Promise<void> => {
    await queue.add(name, job, { attempts, ...given });
  };
