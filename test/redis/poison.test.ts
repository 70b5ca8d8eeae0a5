// Poison on a real partition: one bad event, a killer, a flood. Invariant: neighbours always go on.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attendanceOf } from '../../src/partitions/attendance.ts';
import { applyOneByOne } from '../../src/partitions/isolate.ts';
import { BatchWork } from '../../src/partitions/work.ts';
import { claim, mark, pause, readAfter, resume } from '../../src/partitions/protocol.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Poison } from '../../src/runtime/errors.ts';
import { eventually } from '../support/eventually.ts';
import { listHandler, numbered, pipelineRig, type Rig } from '../support/pipeline.ts';

let rig: Rig;
const p0 = () => rig.keys.partition(0);
const lengthOf = async (key: string) => (await rig.stateOf(key))?.length ?? 0;

beforeEach(async () => {
  rig = await pipelineRig();
});
afterEach(async () => rig.close());

describe('poison', () => {
  it('is set aside once with its evidence, sealed, and its neighbours go on', async () => {
    await rig.startWorker();
    await rig.appender.append([numbered('a', 1), numbered('a', -1), numbered('a', 2)]);
    await eventually(
      'neighbours',
      () => lengthOf('a'),
      (n) => n === 2,
    );
    const [letter, ...others] = await rig.deadQueue.getJobs(['waiting', 'failed']);
    expect(others).toEqual([]);
    expect(letter?.data).toMatchObject({ code: 'bad_number', partition: 0 });
    expect(letter?.id).toMatch(/^p0-\d+-\d+-1$/);
    expect(JSON.stringify(letter?.data)).not.toContain('"k"');
  });

  /** What SIGKILL leaves behind, and what being fenced does: a claim, perhaps a mark, no commit. */
  const takeAndLose = async (worker: string): Promise<void> => {
    const claimed = await claim(rig.redis, p0(), worker);
    if (claimed.kind !== 'claimed') throw new Error('expected a claim');
    const [entry] = await readAfter(rig.redis, p0(), claimed.owner.cursor, 1);
    if (claimed.owner.isolateUntil !== undefined)
      await mark(rig.redis, p0(), claimed.owner, entry?.events[1]?.id ?? '');
  };
  /** A worker as the product has it, its sweep done by hand; how often it touched the event that is said to kill. */
  const sweepingWorker = async (): Promise<{ touched: string[]; sweep: () => Promise<void> }> => {
    const touched: string[] = [];
    const worker = await rig.startWorker(
      listHandler(() => {
        touched.push('touched');
        throw new Poison('touched', 'would have killed the process');
      }),
    );
    const sweep = async (): Promise<void> => {
      await worker.share(0);
      await rig.waker.wake(0, 'sweep');
    };
    return { touched, sweep };
  };
  const lettersAfter = (sweep: () => Promise<void>): Promise<string[]> =>
    eventually(
      'a dead letter',
      async () => {
        await sweep();
        return (await rig.deadQueue.getJobs(['waiting', 'failed'])).map((job) => job.name);
      },
      ({ length }) => length > 0,
    );

  it('an event that kills its worker again and again is found and skipped', async () => {
    await rig.appender.append([numbered('a', 1), numbered('a', -2), numbered('a', 3)]);
    await rig.wakeQueue.drain();
    for (const worker of ['w1', 'w2', 'w3', 'w4']) await takeAndLose(worker);
    const { touched, sweep } = await sweepingWorker();
    // four deaths: two before events are named, two that name it, once it is clear that they were deaths
    expect(await lettersAfter(sweep)).toEqual(['killed_worker']);
    expect(await rig.stateOf('a')).toEqual([1, 3]);
    expect(touched).toEqual([]);
  });

  it('an event whose workers lost their partition and live is not taken for a killer', async () => {
    await rig.appender.append([numbered('a', 1), numbered('a', -2), numbered('a', 3)]);
    await rig.wakeQueue.drain();
    const others = ['w1', 'w2', 'w3'].map(() => attendanceOf(rig.redis, rig.keys, systemClock));
    for (const { worker } of [...others, ...others]) await takeAndLose(worker);
    const { touched, sweep } = await sweepingWorker();
    const letters = await lettersAfter(async () => {
      await Promise.all([sweep(), ...others.map((other) => other.attend())]);
    });
    expect(letters).toEqual(['touched']);
    expect(touched).toEqual(['touched']);
  });

  it('an event during which Redis merely failed is not taken for a killer', async () => {
    await rig.appender.append([numbered('a', 1), numbered('a', 2)]);
    await rig.wakeQueue.drain();
    for (let failure = 0; failure < 6; failure += 1) {
      const claimed = await claim(rig.redis, p0(), 'w1');
      if (claimed.kind !== 'claimed') throw new Error('expected a claim');
      expect([...claimed.owner.touched]).toEqual([]);
      const [entry] = await readAfter(rig.redis, p0(), claimed.owner.cursor, 1);
      const work = new BatchWork(listHandler(), new Map(), 0);
      const load = () => Promise.reject(new Error('Redis is away'));
      const needs = { redis: rig.redis, keys: p0(), owner: claimed.owner, killers: new Set<string>(), work, load };
      await expect(applyOneByOne(needs, entry?.events ?? [])).rejects.toThrow('Redis is away');
    }
    await rig.startWorker();
    await rig.waker.wake(0, 'sweep');
    expect(
      await eventually(
        'both',
        () => rig.stateOf('a'),
        (s) => s?.length === 2,
      ),
    ).toEqual([1, 2]);
    expect(await rig.deadQueue.count()).toBe(0);
  });

  it('a flood pauses the partition instead of emptying it into the dead letters', async () => {
    await rig.close();
    rig = await pipelineRig({ poisonRunLimit: 5 });
    await rig.startWorker();
    for (let i = 0; i < 20; i += 1) await rig.appender.append([numbered('a', -1)]);
    await eventually(
      'paused',
      () => rig.redis.hget(p0().meta, 'paused'),
      (reason) => reason === 'poison_flood',
    );
    expect(await rig.deadQueue.count()).toBeLessThan(5);
    expect(await rig.redis.xlen(p0().log)).toBeGreaterThan(10);
    await resume(rig.redis, p0());
    await rig.waker.wake(0, 'resume');
    await eventually(
      'four more',
      () => rig.deadQueue.count(),
      (n) => n === 8,
    );
  });

  it('a paused partition is not claimed; pausing needs the epoch', async () => {
    await rig.appender.append([numbered('a', 1)]);
    const first = await claim(rig.redis, p0(), 'w1');
    const second = await claim(rig.redis, p0(), 'w1');
    if (first.kind !== 'claimed' || second.kind !== 'claimed') throw new Error('expected claims');
    expect(await pause(rig.redis, p0(), first.owner, 'x')).toBe(false);
    expect(await pause(rig.redis, p0(), second.owner, 'x')).toBe(true);
    expect((await claim(rig.redis, p0(), 'w1')).kind).toBe('paused');
  });
});
