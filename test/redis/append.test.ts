// Append on real Redis: a batch whose answer was lost is repeated without being told twice.
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appenderFor } from '../../src/partitions/append.ts';
import { readAfter } from '../../src/partitions/protocol.ts';
import { numbered, pipelineRig, type Rig } from '../support/pipeline.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await pipelineRig({ partitions: 4 });
});
afterEach(async () => rig.close());

/** The real connection, but the answers of the transactions that `loses` picks never arrive. */
function losingAnswers(redis: Redis, loses: (transaction: number) => boolean): Redis {
  let transactions = 0;
  const lossy = Object.create(redis) as Redis;
  lossy.multi = ((...args: Parameters<Redis['multi']>) => {
    const transaction = redis.multi(...args);
    const exec = transaction.exec.bind(transaction);
    const lost = loses((transactions += 1));
    transaction.exec = async () => {
      const replies = await exec();
      if (lost) throw new Error('connection lost after sending');
      return replies;
    };
    return transaction;
  }) as Redis['multi'];
  return lossy;
}

const texts = async (): Promise<string[]> => {
  const all = await Promise.all([0, 1, 2, 3].map((p) => readAfter(rig.redis, rig.keys.partition(p), '0-0', 1000)));
  return all.flat().flatMap(({ events }) => events.map(({ raw }) => raw));
};
const appender = (loses: (transaction: number) => boolean) => {
  const { redis, keys, waker } = rig;
  return appenderFor({ redis: losingAnswers(redis, loses), keys, partitions: 4, waker });
};

describe('append', () => {
  const batch = Array.from({ length: 20 }, (_, i) => numbered(`c${i}`, 1));

  it('repeated after its answer was lost adds nothing twice, whichever partitions had taken it', async () => {
    const lossy = appender((transaction) => transaction === 2);
    await expect(lossy.append(batch)).rejects.toThrow('connection lost');
    await lossy.append(batch);
    const seen = await texts();
    expect(seen).toHaveLength(20);
    expect(new Set(seen).size).toBe(20);
    expect(await rig.wakeQueue.count()).toBeGreaterThan(0);
  });

  it('control: the same events as a new batch are new', async () => {
    const lossy = appender((transaction) => transaction === 2);
    await expect(lossy.append(batch)).rejects.toThrow('connection lost');
    await lossy.append([...batch]);
    expect((await texts()).length).toBeGreaterThan(20);
  });

  it('goes on with later batches as if nothing had been', async () => {
    const lossy = appender((transaction) => transaction === 1);
    await expect(lossy.append(batch)).rejects.toThrow('connection lost');
    await lossy.append(batch);
    await lossy.append([numbered('c0', 2)]);
    expect(await texts()).toHaveLength(21);
  });
});
