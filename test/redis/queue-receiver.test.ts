// Outputs of commits as jobs, on real Redis: one job an output, whoever relays it again and whatever became of the job.
import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Receiver } from '../../src/runtime/partition-handler.ts';
import { queueReceiver } from '../../src/runtime/queue-receiver.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { connectRedis, redisOptions } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';

let prefix: string;
let redis: Redis;
let queue: Queue;
let receiver: Receiver;

beforeEach(() => {
  prefix = `t-${randomUUID().slice(0, 8)}`;
  redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
  const keys = keysFor(prefix);
  const retention = { completed: { age: 0, count: 0 }, failed: 'kept' as const };
  queue = openQueue({ name: 'test', retention }, redisOptions(inject('redisUrl'), 'worker'), keys, () => undefined);
  const jobOf = ({ payload }: { readonly payload: string }) => ({ name: 'x', data: {}, opts: { jobId: payload } });
  receiver = queueReceiver({ redis, seen: keys.relayed('test'), queue, jobOf });
});
afterEach(async () => {
  await queue.close();
  const left = await redis.keys(`${prefix}:*`);
  if (left.length > 0) await redis.del(...left);
  redis.disconnect();
});

const outputs = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ number: from + n, receivedAt: 0, payload: `job-${from + n}` }));
const jobs = async (): Promise<readonly string[]> =>
  (await queue.getWaiting()).map(({ id = '' }) => id).toSorted((one, other) => one.localeCompare(other));

describe('outputs that become jobs', () => {
  it('are taken once, though the job is long gone when they come again', async () => {
    await receiver.accept(0, outputs(1, 3));
    expect(await jobs()).toEqual(['job-1', 'job-2', 'job-3']);
    await queue.drain();
    await receiver.accept(0, outputs(1, 4));
    expect(await jobs()).toEqual(['job-4']);
  });

  it('of another partition have numbers of their own', async () => {
    await receiver.accept(0, outputs(5, 5));
    await receiver.accept(1, outputs(1, 1));
    expect(await jobs()).toEqual(['job-1', 'job-5']);
  });

  it('relayed by two owners at once are one job each, and the slower one lowers nothing', async () => {
    await Promise.all([receiver.accept(0, outputs(1, 9)), receiver.accept(0, outputs(1, 4)), receiver.accept(0, outputs(1, 9))]); // prettier-ignore
    expect(await jobs()).toHaveLength(9);
    await queue.drain();
    await receiver.accept(0, outputs(1, 9));
    expect(await jobs()).toEqual([]);
  });
});
