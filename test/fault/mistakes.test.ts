// The mistakes this design has made once: each is made again here, in a patched copy of the product, and must be seen by
// the comparison; and the same trial without it must pass. Promises that a single line keeps are proven the same way.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Step } from '../../src/runtime/steps.ts';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, PATCHES, type Build, type Patch } from '../support/fault-build.ts';
import { onTrial, UNHARMED, type Conclusion, type Trial, type TrialOptions } from '../support/fault-trial.ts';

const SEED = 23;
let sound: Build;
const patched: Build[] = [];
beforeAll(() => {
  process.stdout.write(`fault trials: seed ${SEED}\n`);
  sound = compiledCopy();
});
afterAll(() => {
  for (const build of [sound, ...patched]) build.remove();
});

const buildWith = (...patches: readonly Patch[]): Build => {
  const build = compiledCopy(...patches);
  patched.push(build);
  return build;
};
const options = (build: Build, more: Partial<TrialOptions> = {}): TrialOptions => ({
  build,
  redisUrl: inject('redisUrl'),
  seed: SEED,
  ...more,
});
/** Long enough for several sweeps, short enough for a test that waits for nothing to happen. */
const PATIENCE_MS = 4000;

const harmOf = ({ lost, appliedTwice, outOfOrder, duplicatesByKey, duplicatesByRecord }: Conclusion): number =>
  lost + appliedTwice + outOfOrder + duplicatesByKey + duplicatesByRecord;

/** Both owners of one partition come to life again and again: one hangs with a batch in its hands, the other goes on. */
const sleeperWakes = async (trial: Trial, step: Step): Promise<Conclusion> => {
  const sleeper = trial.startWorker(`${step}:2:SIGSTOP`);
  await sleeper.ready;
  const feeding = trial.startFeeding();
  await eventually('feeding', () => feeding.taken, Boolean);
  await trial.startWorker().ready;
  await feeding.fed;
  await eventually(
    'all committed by the other',
    () => waitingEvents(trial),
    (count) => count === 0,
    30_000,
  );
  sleeper.signal('SIGCONT');
  return trial.conclude(PATIENCE_MS);
};

async function waitingEvents({ world: { redis, keys, partitions } }: Trial): Promise<number> {
  const lengths = Array.from({ length: partitions }, (_, p) => redis.xlen(keys.partition(p).log));
  return (await Promise.all(lengths)).reduce((sum, length) => sum + length, 0);
}

describe.concurrent('fencing (I1): an owner that hung over its commit', () => {
  it('is refused', async () => {
    expect(await onTrial(options(sound), (trial) => sleeperWakes(trial, 'partition.applied'))).toEqual(UNHARMED);
  });

  it('control: without the check of cursor and epoch its commit does harm, and it is seen', async () => {
    const build = buildWith(PATCHES.withoutFencing);
    const conclusion = await onTrial(options(build), (trial) => sleeperWakes(trial, 'partition.applied'));
    expect(harmOf(conclusion)).toBeGreaterThan(0);
  });
});

describe.concurrent('relay: outputs that a receiver took, and a worker that died before the outbox knew', () => {
  const dieAfterAccept = async (trial: Trial): Promise<Conclusion> => {
    const victim = trial.startWorker('relay.accepted:3');
    await victim.ready;
    const feeding = trial.startFeeding();
    await victim.ended;
    trial.startWorker();
    await feeding.fed;
    return trial.conclude();
  };

  it('are not taken again', async () => {
    expect(await onTrial(options(sound), dieAfterAccept)).toEqual(UNHARMED);
  });

  it('control: without the sequence they are taken twice, and it is seen', async () => {
    const conclusion = await onTrial(options(buildWith(PATCHES.withoutSequence)), dieAfterAccept);
    expect(conclusion.appliedTwice + conclusion.duplicatesByRecord).toBeGreaterThan(0);
  });
});

describe.concurrent('sweep (I2): a crash between append and wake', () => {
  const dieBeforeWake = async (trial: Trial): Promise<Conclusion> => {
    await trial.startWorker().ready;
    const feeding = trial.startFeeding();
    feeding.current?.dieAt('append.logged');
    await feeding.current?.ended;
    return trial.conclude(PATIENCE_MS);
  };
  /** One window, and no further life of the feeder that would wake the partition by sending it again. */
  const oneWindow: Partial<TrialOptions> = { feederLives: 1, rewrite: (windows) => windows.slice(0, 1) };

  it('is healed within the patience of this test', async () => {
    expect(await onTrial(options(sound, oneWindow), dieBeforeWake)).toEqual(UNHARMED);
  });

  it('control: with nobody sweeping its events are stuck, and it is seen', async () => {
    const conclusion = await onTrial(options(buildWith(PATCHES.withoutSweep), oneWindow), dieBeforeWake);
    expect(conclusion.stuck?.logEntries).toBeGreaterThan(0);
  });
});

describe.concurrent('sweep (I2): a lost wake-up', () => {
  it('(its job deleted) is healed', async () => {
    const conclusion = await onTrial(options(sound, { events: 40 }), async (trial) => {
      await trial.startFeeding().fed;
      const { redis, keys } = trial.world;
      await redis.del(`${keys.bull('partitions')}:partitions:wait`);
      trial.startWorker();
      return trial.conclude();
    });
    expect(conclusion).toEqual(UNHARMED);
  });
});

/** Its control needs an exact moment, not a load: test/redis/wake.test.ts. */
describe.concurrent('mistake: deduplication without keepLastIfActive', () => {
  /** Wake-ups alone must do: nobody sweeps, nobody lingers, appends come while jobs complete. */
  const busy = {
    events: 1500,
    windowFrames: 5,
    windowsPerSecond: 60,
    settings: { THROUGHLINE_PARTITION_LINGER_MS: '0' },
  };
  const feedAll = async (trial: Trial): Promise<Conclusion> => {
    await trial.startWorker().ready;
    await trial.startFeeding().fed;
    return trial.conclude(PATIENCE_MS);
  };

  it('is not made: every wake-up arrives, with nobody sweeping', async () => {
    expect(await onTrial(options(buildWith(PATCHES.withoutSweep), busy), feedAll)).toEqual(UNHARMED);
  });
});

describe.concurrent('mistake: trimming the log by a stale read', () => {
  /** A second window is appended while the owner hangs between its read and its commit. */
  const appendDuringBatch = async (trial: Trial): Promise<Conclusion> => {
    const worker = trial.startWorker('partition.applied:1:SIGSTOP');
    await worker.ready;
    await trial.startFeeding().fed;
    worker.signal('SIGCONT');
    return trial.conclude();
  };
  const onePartition = { partitions: 1, windowsPerSecond: 50 };

  it('is not made: what came after the read stays (I3, I4)', async () => {
    expect(await onTrial(options(sound, onePartition), appendDuringBatch)).toEqual(UNHARMED);
  });

  it('control: made again it loses events, and it is seen', async () => {
    const build = buildWith(PATCHES.trimmedByPosition);
    const conclusion = await onTrial(options(build, onePartition), appendDuringBatch);
    expect(conclusion.lost).toBeGreaterThan(0);
  });
});

describe.concurrent('mistake: two drains of one partition sharing the state cache', () => {
  /** One worker owns, hangs, is succeeded, and owns again with what it remembers. */
  const ownsAgain = async (trial: Trial): Promise<Conclusion> => {
    const first = trial.startWorker();
    await first.ready;
    const feeding = trial.startFeeding();
    await eventually(
      'first half',
      () => feeding.taken,
      (taken) => taken >= 4,
    );
    first.signal('SIGSTOP');
    const second = trial.startWorker();
    await second.ready;
    const before = feeding.taken;
    await eventually(
      'second half',
      () => feeding.taken,
      (taken) => taken >= before + 4,
    );
    await eventually(
      'second has committed',
      () => waitingEvents(trial),
      (count) => count === 0,
      30_000,
    );
    first.signal('SIGCONT');
    second.signal('SIGTERM');
    await second.ended;
    await feeding.fed;
    return trial.conclude();
  };
  const long = { events: 800, windowsPerSecond: 4 };

  it('is not made: what an earlier drain knew is dropped', async () => {
    expect(await onTrial(options(sound, long), ownsAgain)).toEqual(UNHARMED);
  });

  it('control: made again it writes from stale states, and it is seen', async () => {
    const conclusion = await onTrial(options(buildWith(PATCHES.withSharedCache), long), ownsAgain);
    expect(harmOf(conclusion)).toBeGreaterThan(0);
  });
});
