// Workers come and go under load: added, removed, killed, hung for longer than every lease. Invariant: whoever is there,
// every event is applied once and in the order of its log.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, type Build } from '../support/fault-build.ts';
import { onTrial, UNHARMED } from '../support/fault-trial.ts';

const SEED = 53;
let build: Build;
beforeAll(() => {
  process.stdout.write(`fault trials: seed ${SEED}\n`);
  build = compiledCopy();
});
afterAll(() => build.remove());

const options = () => ({
  build,
  redisUrl: inject('redisUrl'),
  seed: SEED,
  events: 900,
  windowsPerSecond: 8,
  partitions: 4,
});

describe.concurrent('workers', () => {
  it('are added and removed under load', async () => {
    const conclusion = await onTrial(options(), async (trial) => {
      const first = trial.startWorker();
      await first.ready;
      const feeding = trial.startFeeding();
      await eventually(
        'load',
        () => feeding.taken,
        (taken) => taken >= 3,
      );
      await Promise.all([trial.startWorker().ready, trial.startWorker().ready]);
      first.signal('SIGTERM');
      expect(await first.ended).toMatchObject({ code: 0 });
      await feeding.fed;
      return trial.conclude();
    });
    expect(conclusion).toEqual(UNHARMED);
  });

  it('hang under load and come back: the one that was succeeded harms nothing', async () => {
    const conclusion = await onTrial(options(), async (trial) => {
      const [one, other] = [trial.startWorker(), trial.startWorker()];
      await Promise.all([one.ready, other.ready]);
      const feeding = trial.startFeeding();
      for (const [sleeper, windows] of [
        [one, 3],
        [other, 10],
      ] as const) {
        await eventually(
          'load',
          () => feeding.taken,
          (taken) => taken >= windows,
        );
        sleeper.signal('SIGSTOP');
        await eventually(
          'load without it',
          () => feeding.taken,
          (taken) => taken >= windows + 4,
        );
        sleeper.signal('SIGCONT');
      }
      await feeding.fed;
      return trial.conclude();
    });
    expect(conclusion).toEqual(UNHARMED);
  });

  it('die one after another with the same CRM batch in their hands: it is still delivered, once', async () => {
    const conclusion = await onTrial(options(), async (trial) => {
      const feeding = trial.startFeeding();
      // by default BullMQ fails a job for good when its second worker has died
      for (let deaths = 0; deaths < 2; deaths += 1) {
        const victim = trial.startWorker('batch.read:1');
        expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
      }
      trial.startWorker();
      await feeding.fed;
      return trial.conclude(90_000);
    });
    expect(conclusion).toEqual(UNHARMED);
  });
});
