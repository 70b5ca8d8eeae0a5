// Events that nobody can read, and one that takes every process down that reads it. Invariant: they are set aside with
// their evidence, and their neighbours go on.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ScriptedFrame } from '../../bench/chaos/script-file.ts';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, type Build } from '../support/fault-build.ts';
import { onTrial, UNHARMED, type Trial } from '../support/fault-trial.ts';

const SEED = 41;
let build: Build;
beforeAll(() => {
  process.stdout.write(`fault trials: seed ${SEED}\n`);
  build = compiledCopy();
});
afterAll(() => build.remove());

const shared = () => ({ build, redisUrl: inject('redisUrl'), seed: SEED, partitions: 1 });

/** A supervisor as the product has one: whoever dies is followed by another. */
function superviseWorker(trial: Trial, deaths: { count: number }): void {
  const member = trial.startWorker(undefined, 'fragile-process');
  void member.ended.then(() => {
    if (trial.crew.isOver()) return;
    deaths.count += 1;
    superviseWorker(trial, deaths);
  });
}

describe.concurrent('an event that kills its process', () => {
  // in the body: a frame that differs from the last one in its metadata alone is a repeat, and not read again
  const killer = (frame: ScriptedFrame): ScriptedFrame => ({
    ...frame,
    raw: frame.raw.replace('"participants":', '"externalTag":"this text kills its reader","participants":'),
  });

  /** Puts one into a window of the script; the oracle is told which event it is. */
  const plant = (place: number) => {
    const planted = { sha256: '' };
    const rewrite = (windows: ScriptedFrame[][]): ScriptedFrame[][] => {
      const [target] = windows[place] ?? [];
      if (target === undefined) throw new Error('the script is too short');
      const { raw } = killer(target);
      planted.sha256 = createHash('sha256').update(raw).digest('hex');
      return windows.map((window, i) => (i === place ? [...window, { ...target, raw }] : window));
    };
    return { planted, rewrite };
  };

  it('is found after a few deaths, set aside, and its neighbours go on', async () => {
    const deaths = { count: 0 };
    const { planted, rewrite } = plant(1);
    const conclusion = await onTrial({ ...shared(), rewrite }, async (trial) => {
      trial.oracle.poison.add(planted.sha256);
      superviseWorker(trial, deaths);
      await trial.startFeeding().fed;
      return trial.conclude();
    });
    expect(conclusion).toEqual(UNHARMED);
    expect(deaths.count).toBeGreaterThanOrEqual(4);
    // four as below, and at most three whose neighbours were committed first: each commit begins the count anew
    expect(deaths.count).toBeLessThanOrEqual(7);
  });

  it('is found after four, however much its readers had in hand', async () => {
    const deaths = { count: 0 };
    const { planted, rewrite } = plant(5);
    const full = { ...shared(), rewrite, events: 800, windowsPerSecond: 100 };
    const conclusion = await onTrial(full, async (trial) => {
      trial.oracle.poison.add(planted.sha256);
      await trial.startFeeding().fed;
      superviseWorker(trial, deaths);
      return trial.conclude();
    });
    expect(conclusion).toEqual(UNHARMED);
    // two before its neighbours are taken one by one, two that name it
    expect(deaths.count).toBe(4);
  });
});

describe.concurrent('a flood of poison', () => {
  it('pauses its partition instead of emptying it into the dead letters', async () => {
    const flood = Array.from({ length: 60 }, (_, n) => ({ raw: `{"flood":${n}}`, receivedAt: 1 }));
    const settings = { THROUGHLINE_POISON_RUN_LIMIT: '20' };
    const rewrite = (windows: ScriptedFrame[][]) => [...windows, ...flood.map((frame) => [frame]), ...windows];
    await onTrial({ ...shared(), events: 80, windowsPerSecond: 100, settings, rewrite }, async (trial) => {
      const { redis, keys } = trial.world;
      trial.startWorker();
      await trial.startFeeding().fed;
      const paused = () => redis.hget(keys.partition(0).meta, 'paused');
      expect(await eventually('a pause', paused, Boolean, 30_000)).toBe('poison_flood');
      expect(Number(await redis.hget(keys.partition(0).meta, 'n:deadLetters'))).toBeLessThan(30);
      expect(await redis.xlen(keys.partition(0).log)).toBeGreaterThan(0);
    });
  });
});
