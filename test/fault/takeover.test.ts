// A takeover that itself goes wrong, and drains that fail: on a small pipeline in this process. Invariant: the sweep asks
// again, and what is done again is done in the order of the log.
import { Worker } from 'bullmq';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { sweepFor } from '../../src/partitions/sweep.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { every, type Ticker } from '../../src/runtime/ticker.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { eventually } from '../support/eventually.ts';
import { listHandler, numbered, pipelineRig, type Rig } from '../support/pipeline.ts';

let rig: Rig;
let sweeping: Ticker | undefined;
beforeEach(async () => {
  rig = await pipelineRig();
});
afterEach(async () => {
  await sweeping?.stop();
  await rig.close();
});

const startSweep = (): void => {
  const { redis, keys, waker, metrics } = rig;
  const sweep = sweepFor({ redis, keys, partitions: 1, waker, metrics });
  sweeping = every(100, sweep, { clock: systemClock, onError: (error) => expect.unreachable(error.message) });
};
const range = (to: number): number[] => Array.from({ length: to }, (_, n) => n);

describe('a takeover', () => {
  it('whose worker died before it claimed is followed by another within seconds', async () => {
    await rig.appender.append([numbered('a', 1)]);
    await rig.wakeQueue.drain();
    startSweep();
    const prefix = rig.keys.bull(partitionsQueue.name);
    const connection = redisOptions(inject('redisUrl'), 'worker');
    const dead = new Worker(partitionsQueue.name, null, { connection, prefix });
    const held = await eventually('its job', () => dead.getNextJob('dead', { block: false }), Boolean);
    expect(held?.data).toMatchObject({ reason: 'sweep' });
    await rig.startWorker();
    const state = await eventually(
      'taken over',
      () => rig.stateOf('a'),
      (found) => found?.length === 1,
      8000,
    );
    expect(state).toEqual([1]);
    await dead.close(true);
  });
});

describe('mistake: a failed job that is retried behind newer ones', () => {
  it('is not made: a drain that fails leaves its log intact, and what is retried is in order', async () => {
    let reads = 0;
    const sound = listHandler();
    const failing = {
      ...sound,
      // outside the judgement of single events: the whole drain fails
      parseState: (json: string) => {
        reads += 1;
        if (reads % 4 === 0) throw new Error('failed on purpose');
        return sound.parseState(json);
      },
    };
    await rig.close();
    rig = await pipelineRig({ lingerMs: 0 });
    startSweep();
    await rig.startWorker(failing);
    await rig.startWorker(failing);
    for (let n = 0; n < 100; n += 1) {
      await rig.appender.append([numbered('a', n), numbered('b', n)]);
      const lengths = async () => [(await rig.stateOf('a'))?.length, (await rig.stateOf('b'))?.length];
      // time and again everything is done and the owner lets go: the next one must read the states back
      if (n % 20 === 19) await eventually('all applied', lengths, ([a, b]) => a === n + 1 && b === n + 1, 20_000);
    }
    expect(reads).toBeGreaterThan(8);
    expect(await rig.stateOf('a')).toEqual(range(100));
    expect(await rig.stateOf('b')).toEqual(range(100));
  });
});
