// A database of the test's own on the real PostgreSQL of this run, and the warehouse of as many processes as it likes in it.
import { randomUUID } from 'node:crypto';
import { Client, Pool, type QueryResultRow } from 'pg';
import { inject } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { auditTable, type AuditEntry } from '../../src/stores/warehouse/audit/write.ts';
import { Warehouse, type WarehouseOptions } from '../../src/stores/warehouse/warehouse.ts';
import { eventually } from './eventually.ts';

export const RETENTION_DAYS = 400;

export interface Database {
  readonly url: string;
  /** Straight to the server, past all our code. */
  readonly pool: Pool;
  rows<R extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<R[]>;
  /** A warehouse in it; resolves once it is ready. */
  open(changes?: Partial<WarehouseOptions>): Promise<Warehouse>;
  drop(): Promise<void>;
}

export async function freshDatabase(): Promise<Database> {
  const name = `test_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const server = inject('databaseUrl');
  await once(server, `create database ${name}`);
  const address = new URL(server);
  address.pathname = `/${name}`;
  const url = address.href;
  const pool = new Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  const opened: Warehouse[] = [];
  return {
    url,
    pool,
    rows: async <R extends QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<R>(sql, [...values])).rows,
    open: async (changes = {}) => {
      const warehouse = new Warehouse(optionsFor(url, changes));
      opened.push(warehouse);
      await eventually(
        'the warehouse is ready',
        () => warehouse.state(),
        ({ ready }) => ready,
      );
      return warehouse;
    },
    drop: async () => {
      await Promise.all(opened.map((warehouse) => warehouse.close()));
      await pool.end();
      await once(server, `drop database ${name} with (force)`);
    },
  };
}

export const optionsFor = (url: string, changes: Partial<WarehouseOptions> = {}): WarehouseOptions => ({
  url,
  connections: 4,
  tables: [auditTable(RETENTION_DAYS)],
  metrics: createMetrics(),
  log: createLogger({ level: 'silent', role: 'test' }),
  clock: systemClock,
  ...changes,
});

export async function once(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export const entry = (n: number, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  timestamp: Date.now(),
  conversationId: `c-${n % 10}`,
  traceId: `trace-${n}`,
  success: true,
  outcome: 'injected',
  latencyMs: 12,
  payloadHash: 'a'.repeat(64),
  error: null,
  ...changes,
});

/** The sum of a counter over all its labels that match. */
export async function counted(metrics: Metrics, name: string, labels: Record<string, string> = {}): Promise<number> {
  const values = (await metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
  return values
    .filter((value) => Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted))
    .reduce((sum, { value }) => sum + value, 0);
}
