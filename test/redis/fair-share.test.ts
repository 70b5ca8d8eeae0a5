// Fair share on real Redis: workers that join get partitions, and what a dead one held is taken at once.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attendanceOf } from '../../src/partitions/attendance.ts';
import { fairShareOf, Holding } from '../../src/partitions/fair-share.ts';
import type { PartitionWorker } from '../../src/partitions/partition-worker.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { listHandler, numbered, pipelineRig, type Rig } from '../support/pipeline.ts';

const PARTITIONS = 8;
let rig: Rig;
beforeEach(async () => {
  // they linger for long: without a share the first worker would never let go
  rig = await pipelineRig({ partitions: PARTITIONS, lingerMs: 60_000 });
});
afterEach(async () => rig.close());

/** A worker that counts what it applies. */
async function countingWorker(): Promise<{ worker: PartitionWorker; applied: () => number; reset: () => void }> {
  let applied = 0;
  const sound = listHandler();
  const worker = await rig.startWorker({
    ...sound,
    apply: (state, event) => {
      applied += 1;
      return sound.apply(state, event);
    },
  });
  const reset = (): void => {
    applied = 0;
  };
  return { worker, applied: () => applied, reset };
}

let next = 0;
/** One event for each of 64 conversations, so for every partition. */
const feed = async (): Promise<void> => {
  next += 1;
  await rig.appender.append(Array.from({ length: 64 }, (_, c) => numbered(`c${c}`, next)));
};

const shareOfOne = () => {
  const attendance = attendanceOf(rig.redis, rig.keys, systemClock);
  return { attendance, share: fairShareOf(attendance, PARTITIONS) };
};

describe('fair share', () => {
  it('a worker that joins gets about half of the partitions of the one that held them all', async () => {
    const first = await countingWorker();
    await feed();
    await eventually('all with the first', first.applied, (n) => n === 64);
    const second = await countingWorker();
    await Promise.all([first.worker.share(0), second.worker.share(0)]);
    const shares = await eventually(
      'shared',
      async () => {
        await Promise.all([first.worker.share(0), second.worker.share(0)]);
        first.reset();
        second.reset();
        await feed();
        await eventually(
          'applied',
          () => first.applied() + second.applied(),
          (n) => n >= 64,
        );
        return [first.applied(), second.applied()];
      },
      ([one = 0, two = 0]) => one > 15 && two > 15,
    );
    // 64 conversations over 8 partitions, four partitions each
    expect(Math.min(...shares)).toBeGreaterThan(15);
  });

  it('control: without it the first worker keeps them all', async () => {
    const first = await countingWorker();
    await feed();
    await eventually('all with the first', first.applied, (n) => n === 64);
    const second = await countingWorker();
    for (let round = 2; round < 6; round += 1) {
      await feed();
      await eventually('applied', first.applied, (n) => n === 64 * round);
    }
    expect(second.applied()).toBe(0);
  });

  it('says how many workers there are by who was heard lately, and forgets who left', async () => {
    const [one, two, three] = [1, 2, 3].map(shareOfOne);
    expect(await one?.share(0)).toBe(8);
    expect(await two?.share(0)).toBe(4);
    expect(await three?.share(0)).toBe(3);
    await three?.attendance.leave();
    expect(await one?.share(0)).toBe(4);
    // silent for longer than it counts
    await rig.redis.zadd(rig.keys.workers, 1, (await rig.redis.zrange(rig.keys.workers, 0, -1))[0] ?? '');
    expect(await two?.share(0)).toBeGreaterThanOrEqual(4);
  });

  it('knows no limit while partitions are found forsaken: their owner may be dead and still count', async () => {
    const [one, two] = [1, 2].map(shareOfOne);
    await one?.share(0);
    expect(await two?.share(3)).toBe(PARTITIONS);
    expect(await two?.share(0)).toBe(PARTITIONS);
    for (let looks = 0; looks < 3; looks += 1) await two?.share(0);
    expect(await two?.share(0)).toBe(4);
  });
});

describe('what a process holds', () => {
  const holdingOf = (partitions: number, most: number): Holding => {
    const holding = new Holding(most);
    for (let partition = 0; partition < partitions; partition += 1) holding.take(partition);
    return holding;
  };

  it('is handed on only as far as it is too much', () => {
    const holding = holdingOf(8, 8);
    holding.allow(6);
    const handedOn = [0, 1, 2, 3].filter((partition) => holding.mustHandOn(partition));
    expect(handedOn).toEqual([0, 1]);
    holding.letGo(0);
    expect(holding.mustHandOn(2)).toBe(false);
  });

  it('is not taken twice', () => {
    const holding = holdingOf(1, 2);
    expect(holding.take(0)).toBe(false);
    holding.letGo(0);
    expect(holding.take(0)).toBe(true);
  });

  it('gives one up when more is allowed to a process that was full, so that the queue looks again', () => {
    const holding = holdingOf(4, 4);
    holding.allow(8);
    expect([0, 1, 2].filter((partition) => holding.mustHandOn(partition))).toEqual([0]);
  });
});
