// Presence with a real Redis: a record lives with its process, and Redis trouble stays its own.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { createMetrics } from '../../src/observability/metrics.ts';
import { startPresence, type Presence } from '../../src/observability/presence.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor, type Keys } from '../../src/stores/redis/keys.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
const state = { keys: keysFor('unset'), presences: [] as Presence[] };
beforeEach(() => {
  state.keys = keysFor(`t-${randomUUID().slice(0, 8)}`);
});
afterAll(async () => {
  await Promise.all(state.presences.map((presence) => presence.stop()));
  redis.disconnect();
});

const identity = { id: 'worker-1', role: 'worker', version: '1.2.3', opsUrl: 'http://127.0.0.1:1' };

function start(keys: Keys, connection = redis) {
  const clock = createFakeClock();
  const metrics = createMetrics();
  const warnings: unknown[] = [];
  const log = { warn: (line: unknown) => void warnings.push(line) };
  const presence = startPresence({ ...identity, redis: connection, keys, metrics, clock, log });
  state.presences.push(presence);
  return { clock, metrics, presence, warnings };
}

const record = async (keys: Keys): Promise<unknown> =>
  JSON.parse((await redis.get(keys.presence(identity.id))) ?? 'null');

test('a process says who it is and what it has counted, again every second', async () => {
  const { keys } = state;
  const { clock, metrics } = start(keys);
  const first = clock.now();
  await vi.waitFor(async () => expect(await record(keys)).toMatchObject({ startedAt: first, at: first }));
  expect(await record(keys)).toMatchObject({ id: 'worker-1', role: 'worker', pid: process.pid, version: '1.2.3' });
  expect(await redis.pttl(keys.presence('worker-1'))).toBeGreaterThan(9000);
  expect(await redis.zscore(keys.presenceIndex, 'worker-1')).toBe(String(first));

  metrics.count('throughline_moves_total', { to: 'active' }, 2);
  await vi.waitFor(() => expect(clock.waits()).toEqual([1000]));
  clock.advance(1000);
  await vi.waitFor(async () => expect(await record(keys)).toMatchObject({ startedAt: first, at: first + 1000 }));
  const { metrics: figures } = (await record(keys)) as { metrics: { name: string; values: unknown[] }[] };
  const moves = figures.find(({ name }) => name === 'throughline_moves_total');
  expect(moves?.values).toEqual([{ value: 2, labels: { to: 'active' } }]);
});

test('a process that stops takes its record with it, even when a beat is under way', async () => {
  const { keys } = state;
  const { presence, clock } = start(keys);
  await presence.stop();
  expect(await record(keys)).toBeNull();
  expect(await redis.zcard(keys.presenceIndex)).toBe(0);
  expect(clock.waits()).toEqual([]);
});

test('the index forgets processes that died long ago', async () => {
  const { keys } = state;
  const now = createFakeClock().now();
  await redis.zadd(keys.presenceIndex, now - 60_001, 'dead', now - 30_000, 'quiet');
  start(keys);
  await vi.waitFor(async () => {
    expect(await redis.zrange(keys.presenceIndex, 0, -1)).toEqual(['quiet', 'worker-1']);
  });
});

test('Redis trouble is logged and outlived', async () => {
  const { keys } = state;
  const unreachable = new Redis({ path: '/no/such.sock', lazyConnect: true, retryStrategy: () => null });
  unreachable.on('error', () => undefined);
  const { clock, warnings, presence } = start(keys, unreachable);
  await vi.waitFor(() => expect(clock.waits()).toEqual([1000]));
  clock.advance(1000);
  await vi.waitFor(() => expect(warnings).toHaveLength(2));
  await expect(presence.stop()).resolves.toBeUndefined();
});
