// The SQL store as the roles use it: workers write the audit, the API reads it. Invariant: a role without DATABASE_URL, or
// whose store is away, does all its other work; what must be written there waits in its queue.
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { auditTable, AuditWriter } from '../../src/stores/warehouse/audit/write.ts';
import { Warehouse } from '../../src/stores/warehouse/warehouse.ts';
import { auditJobId, recordAuditQueue, type AuditJob } from '../../queues/record-audit.queue.ts';
import { recordAuditStage } from '../stages/record-audit.stage.ts';
import type { Foundation } from './foundation.ts';
import type { OpenQueues } from './open-queues.ts';
import type { Parts } from './worker-parts.ts';

/** Undefined where none is configured; /readyz tells either way. */
export function openWarehouse({ config, metrics, log, clock, notes }: Foundation): Warehouse | undefined {
  const { databaseUrl: url, warehouseConnections: connections, auditRetentionDays } = config;
  if (url === undefined) {
    notes.set('warehouse', () => ({ configured: false }));
    const level = config.enrichment === 'on' ? 'warn' : 'info';
    log[level]('DATABASE_URL is not set: audit records wait in Redis for a worker that has it');
    return undefined;
  }
  const tables = [auditTable(auditRetentionDays)];
  const warehouse = new Warehouse({ url, connections, tables, metrics, log, clock });
  notes.set('warehouse', () => warehouse.state());
  return warehouse;
}

/** How a stage tells the audit: under one id however often, and with the patience of the stage that writes it. */
export const auditThrough =
  ({ recordAudit }: Pick<OpenQueues, 'recordAudit'>) =>
  async (job: AuditJob): Promise<void> => {
    const { attempts } = recordAuditStage.retry;
    await recordAudit.add('record', job, { jobId: auditJobId(job), attempts });
  };

const IDLE: RunningStage = { ready: Promise.resolve(), stop: () => Promise.resolve() };

export function startAudit({ base, path, queues, onFatal }: Parts): RunningStage {
  const warehouse = openWarehouse(base);
  if (warehouse === undefined) return IDLE;
  const { metrics, clock, config } = base;
  const stage = path.recordAudit;
  const audit = new AuditWriter(warehouse, auditTable(config.auditRetentionDays));
  const needs = { audit, metrics, now: () => clock.now() };
  const running = startStageWorker(
    { ...stage, schema: recordAuditQueue.schema, run: (job, context) => stage.handle(job, context, needs) },
    { ...base, queue: queues.recordAudit, onFatal },
  );
  return {
    ready: running.ready,
    stop: async () => {
      await running.stop();
      await warehouse.close();
    },
  };
}
