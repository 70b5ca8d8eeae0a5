// The SQL store goes away and comes back, on its own server: every record told meanwhile is there in the end, once.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Queue } from 'bullmq';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { Failure, Retryable } from '../../src/runtime/errors.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { auditTable, AuditWriter } from '../../src/stores/warehouse/audit/write.ts';
import { ensureWarehouse, type RunningWarehouse } from '../../src/stores/warehouse/embedded/start.ts';
import { Warehouse } from '../../src/stores/warehouse/warehouse.ts';
import { auditJobId, recordAuditQueue } from '../../queues/record-audit.queue.ts';
import { recordAuditStage } from '../../workers/stages/record-audit.stage.ts';
import { eventually } from '../support/eventually.ts';
import { counted, entry, once, optionsFor, RETENTION_DAYS } from '../support/warehouse-rig.ts';

/** Made once: a new cluster takes seconds on a busy disk. */
const dataDir = mkdtempSync(join(tmpdir(), 'tl-away-'));
let server: RunningWarehouse;
let warehouse: Warehouse;
let queue: Queue;
let metrics: Metrics;
let worker: RunningStage | undefined;
const keys = keysFor(`t-${randomUUID().slice(0, 8)}`);

const startServer = () =>
  ensureWarehouse({ config: {}, dataDir, environment: process.env, onProgress: () => undefined });

beforeEach(async () => {
  server = await startServer();
  await once(server.url, 'drop schema if exists throughline cascade');
  metrics = createMetrics();
  warehouse = new Warehouse(optionsFor(server.url, { metrics }));
  queue = openQueue(recordAuditQueue, redisOptions(inject('redisUrl'), 'worker'), keys, () => undefined);
});
afterEach(async () => {
  await worker?.stop();
  await queue.obliterate({ force: true });
  await queue.close();
  await warehouse.close();
  await server.stop();
});
afterAll(() => rmSync(dataDir, { recursive: true }));

async function startWorker(audit: Pick<AuditWriter, 'write'>): Promise<void> {
  const needs = { audit, metrics, now: Date.now };
  worker = startStageWorker(
    {
      ...recordAuditStage,
      schema: recordAuditQueue.schema,
      run: (job, context) => recordAuditStage.handle(job, context, needs),
    },
    {
      queue,
      connection: redisOptions(inject('redisUrl'), 'worker'),
      keys,
      metrics,
      log: createLogger({ level: 'silent', role: 'test' }),
      onFatal: () => undefined,
    },
  );
  await worker.ready;
}

async function tell(from: number, to: number, attempts: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const job = entry(n);
    await queue.add('record', job, { jobId: auditJobId(job), attempts });
  }
}

const rows = async (): Promise<number> => {
  const { rows: answer } = await warehouse.query<{ n: number }>(
    'select count(distinct trace_id)::int as n from throughline.enrichment_audit',
    [],
  );
  return answer[0]?.n ?? 0;
};
const written = (n: number) => eventually(`${n} rows`, () => rows().catch(() => -1), (seen) => seen === n, 30_000); // prettier-ignore
const { attempts } = recordAuditStage.retry;

describe('while the store is away', () => {
  it('records wait, spend no attempt, and are all there when it is back', async () => {
    await startWorker(new AuditWriter(warehouse, auditTable(RETENTION_DAYS)));
    await tell(0, 20, 1);
    await written(20);
    await server.stop();
    await tell(20, 60, 1);
    await eventually('it was noticed', () => counted(metrics, 'throughline_stage_messages_total', { outcome: 'throttled' }), (n) => n > 0); // prettier-ignore
    expect(warehouse.state().answers).toBe(false);
    expect(await queue.getFailedCount()).toBe(0);
    server = await startServer();
    await written(60);
    expect(await queue.getFailedCount()).toBe(0);
    await warehouse.keep();
    expect(warehouse.state()).toMatchObject({ answers: true, ready: true });
  });

  it('they are lost where that is taken for an ordinary failure (control)', async () => {
    const audit = new AuditWriter(warehouse, auditTable(RETENTION_DAYS));
    const impatient = {
      write: (...args: Parameters<AuditWriter['write']>) =>
        audit.write(...args).catch((error: unknown) => {
          throw new Retryable(error instanceof Failure ? error.code : 'unexpected', 'no patience');
        }),
    };
    await server.stop();
    await startWorker(impatient);
    await tell(0, 5, 1);
    expect(await eventually('they failed', () => queue.getFailedCount(), (n) => n === 5)).toBe(5); // prettier-ignore
  });
});

describe('a store that is killed while records are written', () => {
  it('is started again, and has each of them once', async () => {
    await startWorker(new AuditWriter(warehouse, auditTable(RETENTION_DAYS)));
    const telling = tell(0, 300, attempts);
    await eventually('some are written', () => rows().catch(() => 0), (n) => n > 20); // prettier-ignore
    const { rows: pids } = await warehouse.query<{ pid: number }>("select pg_read_file('postmaster.pid', 0, 12) as pid", []); // prettier-ignore
    process.kill(Number.parseInt(String(pids[0]?.pid), 10), 'SIGKILL');
    await telling;
    await written(300);
    const { rows: count } = await warehouse.query<{ n: number }>('select count(*)::int as n from throughline.enrichment_audit', []); // prettier-ignore
    expect(count).toEqual([{ n: 300 }]);
  });
});
