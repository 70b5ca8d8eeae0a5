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

/** The real connection, but the answers of the appends that `loses` picks never arrive. */
function losingAnswers(redis: Redis, loses: (append: number) => boolean): Redis {
  let appends = 0;
  const lossy = Object.create(redis) as Redis;
  lossy.evalsha = (async (...args: Parameters<Redis['evalsha']>) => {
    const reply = await redis.evalsha(...args);
    if (loses((appends += 1))) throw new Error('connection lost after sending');
    return reply;
  }) as Redis['evalsha'];
  return lossy;
}

const texts = async (): Promise<string[]> => {
  const all = await Promise.all([0, 1, 2, 3].map((p) => readAfter(rig.redis, rig.keys.partition(p), '0-0', 1000)));
  return all.flat().flatMap(({ events }) => events.map(({ raw }) => raw));
};
const appender = (loses: (append: number) => boolean) => {
  const { redis, keys, waker } = rig;
  return appenderFor({ redis: losingAnswers(redis, loses), keys, partitions: 4, waker });
};

describe('append', () => {
  const batch = Array.from({ length: 20 }, (_, i) => numbered(`c${i}`, 1));

  it('repeated after its answer was lost adds nothing twice, whichever partitions had taken it', async () => {
    const lossy = appender((append) => append === 2);
    await expect(lossy.append(batch)).rejects.toThrow('connection lost');
    await lossy.append(batch);
    const seen = await texts();
    expect(seen).toHaveLength(20);
    expect(new Set(seen).size).toBe(20);
    expect(await rig.wakeQueue.count()).toBeGreaterThan(0);
  });

  it('control: the same events as a new batch are new', async () => {
    const lossy = appender((append) => append === 2);
    await expect(lossy.append(batch)).rejects.toThrow('connection lost');
    await lossy.append([...batch]);
    expect((await texts()).length).toBeGreaterThan(20);
  });

  it('knows a named batch again, also from a process that never saw it', async () => {
    const name = { writer: 'somebody', number: 7 };
    await expect(appender((append) => append === 2).append(batch, name)).rejects.toThrow('connection lost');
    await appender(() => false).append([...batch], name);
    expect(await texts()).toHaveLength(20);
    await appender(() => false).append([...batch], { ...name, number: 8 });
    expect(await texts()).toHaveLength(40);
  });

  it('goes on with later batches as if nothing had been', async () => {
    const lossy = appender((append) => append === 1);
    await expect(lossy.append(batch)).rejects.toThrow('connection lost');
    await lossy.append(batch);
    await lossy.append([numbered('c0', 2)]);
    expect(await texts()).toHaveLength(21);
  });
});
