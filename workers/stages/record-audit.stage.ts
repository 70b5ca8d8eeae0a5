// Leaves a record of each injection in the SQL store: a row that is never changed. Invariant: while the store is away the
// queue waits and spends no attempt; a record told twice is one row.
import type { Metrics } from '../../src/observability/metrics.ts';
import { done, skip, type MessageStage } from '../../src/runtime/stage.ts';
import type { AuditWriter } from '../../src/stores/warehouse/audit/write.ts';
import { recordAuditQueue, type AuditJob } from '../../queues/record-audit.queue.ts';

interface Needs {
  readonly audit: Pick<AuditWriter, 'write'>;
  readonly metrics: Metrics;
  readonly now: () => number;
}

export const recordAuditStage: MessageStage<AuditJob, Needs> = {
  kind: 'message',
  name: 'record-audit',
  does: 'Leaves a record of each injection (time, outcome, latency, hash of what was sent) in the SQL store, once.',
  from: recordAuditQueue.name,
  to: { audit: 'the SQL store' },
  retry: { attempts: 100, initialMs: 500, maxMs: 60_000 },
  // longer than a question to the store may take
  timeoutMs: 40_000,
  concurrency: 8,
  handle: async (job, _context, { audit, metrics, now }) => {
    const outcome = await audit.write(job, now());
    metrics.count('throughline_audit_records_total', { outcome });
    if (outcome === 'expired') return skip('older than the audit is kept');
    if (outcome === 'repeated') return skip('recorded before');
    metrics.observe('throughline_audit_lag_seconds', Math.max(0, now() - job.timestamp) / 1000);
    return done();
  },
};
