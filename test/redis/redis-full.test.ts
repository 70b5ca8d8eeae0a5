// A Redis that is full (noeviction): ingest slows down and says so, nothing committed is lost, and everything goes on by
// itself when there is room again. On a Redis of its own, as its memory limit is moved.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memoryFill } from '../../src/stores/redis/memory.ts';
import { ensureRedis, type RunningRedis } from '../../src/stores/redis/embedded/start.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';

let folder: string;
let server: RunningRedis;
let product: Product;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tl-full-'));
  const config = { redisUrl: undefined };
  server = await ensureRedis({ config, dataDir: folder, environment: process.env, onProgress: () => undefined });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  product = await startProduct({ redisUrl: server.url });
  await product.start('worker');
  await product.start('ingester');
  await eventually(
    'stream connected',
    () => product.platform.status().sockets,
    (open) => open > 0,
  );
});
afterEach(async () => {
  await limit(0);
  await product.close();
});

const used = async (): Promise<number> => {
  const info = await product.base.redis.info('memory');
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
};
const limit = (bytes: number): Promise<unknown> =>
  product.base.redis.config('SET', 'maxmemory', String(Math.floor(bytes)));
const gauge = async (name: string): Promise<number> => {
  const metric = await product.base.metrics.registry.getSingleMetric(name)?.get();
  return metric?.values[0]?.value ?? 0;
};
const allInCrm = async (): Promise<void> => {
  const { conversations } = product.platform.driver.ledger();
  await eventually('all told', () => product.platform.driver.ledger().conversations.every(({ settled }) => settled), Boolean, 40_000); // prettier-ignore
  const missing = () =>
    conversations.filter(({ conversationId }) => product.crm.records.find(conversationId)?.record?.['status'] !== 'ended').length; // prettier-ignore
  await eventually('all in the CRM', missing, (n) => n === 0, 60_000);
};

describe('a Redis that is nearly full', () => {
  it('makes ingest wait, and says so, while what is in the logs drains; then everything goes on', async () => {
    // again and again: Redis gives back the buffers of connections that fell idle, and would not be nearly full any more
    const keepNearlyFull = async (): Promise<number> => {
      await limit((await used()) / 0.9);
      expect(await memoryFill(product.base.redis)).toBeGreaterThan(0.85);
      return gauge('throughline_ingest_paused');
    };
    await eventually('paused', keepNearlyFull, (paused) => paused === 1);
    product.platform.driver.start(10);
    const waiting = () => gauge('throughline_ingest_buffer_events');
    await eventually('frames wait in memory', waiting, (n) => n > 0);
    expect(await product.counted('n:events')).toBe(0);
    await limit(0);
    await eventually(
      'resumed',
      () => gauge('throughline_ingest_paused'),
      (paused) => paused === 0,
    );
    await allInCrm();
    expect(await product.counted('n:deadLetters')).toBe(0);
  });
});

describe('a Redis that is full in the middle of the work', () => {
  it('refuses commits, loses nothing, and the sweep carries on within seconds of there being room', async () => {
    product.platform.driver.start(20);
    await eventually(
      'under way',
      () => product.counted('n:events'),
      (n) => n > 40,
    );
    await limit((await used()) * 0.5);
    await eventually(
      'appends refused',
      () => refusals('append_failed'),
      (n) => n > 0,
    );
    await limit(0);
    const freedAt = performance.now();
    const before = await product.counted('n:events');
    await eventually(
      'commits again',
      () => product.counted('n:events'),
      (n) => n > before,
      40_000,
    );
    console.log(`commits again ${((performance.now() - freedAt) / 1000).toFixed(1)} s after there was room`);
    await allInCrm();
    const { outOfOrder, keyReuses } = product.crm.totals();
    expect({ outOfOrder, keyReuses }).toEqual({ outOfOrder: 0, keyReuses: 0 });
    expect(await product.counted('n:deadLetters')).toBe(0);
  });
});

async function refusals(reason: string): Promise<number> {
  const metric = await product.base.metrics.registry.getSingleMetric('throughline_ingest_refused_total')?.get();
  return metric?.values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0;
}
