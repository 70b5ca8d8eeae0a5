// The SQL store as the roles use it: workers write the audit, the API reads it. Invariant: a role without DATABASE_URL, or
// whose store is away, does all its other work; what must be written there waits in its queue.
import type { RunningStage } from '../../src/runtime/stage-worker.ts';
import { auditTable, AuditWriter } from '../../src/stores/warehouse/audit/write.ts';
import { Warehouse } from '../../src/stores/warehouse/warehouse.ts';
import type { Foundation } from './foundation.ts';
import { startStage } from './start-stage.ts';
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

const IDLE: RunningStage = { ready: Promise.resolve(), stop: () => Promise.resolve() };

export function startAudit(parts: Parts): RunningStage {
  const { base, path } = parts;
  const warehouse = openWarehouse(base);
  if (warehouse === undefined) return IDLE;
  const { metrics, clock, config } = base;
  const audit = new AuditWriter(warehouse, auditTable(config.auditRetentionDays));
  const needs = { audit, metrics, now: () => clock.now() };
  const running = startStage(parts, 'recordAudit', path.recordAudit, needs);
  return {
    ready: running.ready,
    stop: async () => {
      await running.stop();
      await warehouse.close();
    },
  };
}
