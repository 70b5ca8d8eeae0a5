// A process dies, or hangs past every lease and comes back, at every named step of the path; another goes on. Afterwards
// states, outputs, dead letters and the CRM's ledger are what they would be had nothing happened.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Member } from '../../bench/chaos/crew.ts';
import { untilQuiet } from '../../bench/chaos/quiet.ts';
import { STEPS, type Step } from '../../src/runtime/steps.ts';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, type Build } from '../support/fault-build.ts';
import { onTrial, UNHARMED, type Trial, type TrialOptions } from '../support/fault-trial.ts';

const SEED = 11;
let build: Build;
beforeAll(() => {
  process.stdout.write(`fault trials: seed ${SEED}\n`);
  build = compiledCopy();
});
afterAll(() => build.remove());

const options = (more: Partial<TrialOptions> = {}): TrialOptions => ({
  build,
  redisUrl: inject('redisUrl'),
  seed: SEED,
  ...more,
});

/** How a trial gets to a step that the usual settings do not lead to. */
const WAY_TO: Partial<Record<Step, Partial<TrialOptions>>> = {
  // busy for longer than a worker may keep a partition
  'partition.yielded': {
    events: 2000,
    windowFrames: 10,
    windowsPerSecond: 60,
    settings: { THROUGHLINE_PARTITION_YIELD_MS: '100' },
  },
};

const INGEST_STEPS = STEPS.filter((step) => step.startsWith('append.'));
const WORKER_STEPS = STEPS.filter((step) => !step.startsWith('append.'));
/** Where something is held that another owner may take meanwhile. */
const HELD_AT = ['partition.claimed', 'partition.read', 'partition.applied', 'partition.set-aside', 'partition.committed', 'relay.accepted', 'batch.read'] as const; // prettier-ignore

/** It gets there twice where it can, so that the first time has left something behind. */
const nthOf = (step: Step): number => (step.startsWith('batch.') ? 1 : 2);

describe.concurrent('SIGKILL', () => {
  it.each(WORKER_STEPS)('of a worker at %s: its successor loses, doubles and reorders nothing', async (step) => {
    await onTrial(options(WAY_TO[step]), async (trial) => {
      const victim = trial.startWorker(`${step}:${nthOf(step)}`);
      await victim.ready;
      const feeding = trial.startFeeding();
      expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
      trial.startWorker();
      await feeding.fed;
      expect(await trial.conclude()).toEqual(UNHARMED);
    });
  });

  it.each(INGEST_STEPS)('of the appending process at %s: what it repeats changes nothing', async (step) => {
    await onTrial(options(), async (trial) => {
      await trial.startWorker().ready;
      const feeding = trial.startFeeding();
      const victim = feeding.current;
      victim?.dieAt(step, 2);
      expect(await victim?.ended).toMatchObject({ signal: 'SIGKILL' });
      await feeding.fed;
      expect(await trial.conclude()).toEqual(UNHARMED);
    });
  });
});

describe.concurrent('SIGSTOP past the lease, then SIGCONT', () => {
  it.each(HELD_AT)('of the owner at %s: it is fenced and harms nothing', async (step) => {
    await onTrial(options(), async (trial) => {
      const sleeper = trial.startWorker(`${step}:${nthOf(step)}:SIGSTOP`);
      await sleeper.ready;
      const feeding = trial.startFeeding();
      await eventually('asleep', () => isStopped(sleeper), Boolean, 60_000);
      const held = await epochsOf(trial);
      await trial.startWorker().ready;
      await feeding.fed;
      // a batch is not a partition's: it is taken over when its job has stalled
      if (step.startsWith('batch.')) expect(await untilQuiet(trial.world, 60_000)).toBeUndefined();
      else await eventually('a takeover', () => epochsOf(trial), (now) => now.some((epoch, p) => epoch > (held[p] ?? 0)), 60_000); // prettier-ignore
      sleeper.signal('SIGCONT');
      expect(await trial.conclude()).toEqual(UNHARMED);
      expect(sleeper.isAlive()).toBe(true);
    });
  });
});

/** How often each partition has changed hands. */
const epochsOf = ({ world: { redis, keys } }: Trial): Promise<number[]> =>
  Promise.all([0, 1].map(async (partition) => Number(await redis.hget(keys.partition(partition).meta, 'ep'))));

/** By its own order: a step that is reached late, on a busy machine, is waited for. */
function isStopped({ pid }: Member): boolean {
  const stat = existsSync('/proc/self/stat')
    ? readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '')
    : execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stat.startsWith('T');
}
