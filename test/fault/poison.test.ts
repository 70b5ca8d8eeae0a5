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

  it('is found after a few deaths, set aside, and its neighbours go on', async () => {
    const deaths = { count: 0 };
    let sha256 = '';
    const rewrite = (windows: ScriptedFrame[][]): ScriptedFrame[][] => {
      const [target] = windows[1] ?? [];
      if (target === undefined) throw new Error('the script has no second window');
      const { raw } = killer(target);
      sha256 = createHash('sha256').update(raw).digest('hex');
      return windows.map((window, i) => (i === 1 ? [...window, { ...target, raw }] : window));
    };
    const conclusion = await onTrial({ ...shared(), rewrite }, async (trial) => {
      trial.oracle.poison.add(sha256);
      superviseWorker(trial, deaths);
      await trial.startFeeding().fed;
      return trial.conclude();
    });
    expect(conclusion).toEqual(UNHARMED);
    expect(deaths.count).toBeGreaterThanOrEqual(4);
    // two before its neighbours are taken one by one, two that name it; a neighbour's commit on the
    // way begins anew
    expect(deaths.count).toBeLessThanOrEqual(8);
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
