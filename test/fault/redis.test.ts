// Redis dies, forgets its scripts, and hides behind a network that blackholes, delays, half-opens and cuts. Invariant:
// when it is back, everything that was appended is applied once and in order; nobody has to be restarted by hand.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../bench/chaos/private-redis.ts';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, type Build } from '../support/fault-build.ts';
import { startFaultProxy, type FaultProxy, type ProxyMode } from '../support/fault-proxy.ts';
import { onTrial, UNHARMED, type Trial } from '../support/fault-trial.ts';

const SEED = 31;
let build: Build;
let server: PrivateRedis;
beforeAll(async () => {
  process.stdout.write(`fault trials: seed ${SEED}\n`);
  build = compiledCopy();
  const toolFolder = join('.throughline', 'test', 'redis');
  server = await startPrivateRedis({ appendfsync: 'everysec', toolFolder, environment: process.env });
});
afterAll(async () => {
  await server.remove();
  build.remove();
});

const shared = () => ({ build, seed: SEED, events: 600, windowsPerSecond: 8 });

describe('Redis', () => {
  it('is killed and restarted on its append-only file, twice, under load', async () => {
    const conclusion = await onTrial({ ...shared(), redisUrl: server.url }, async (trial) => {
      await Promise.all([trial.startWorker().ready, trial.startWorker().ready]);
      const feeding = trial.startFeeding();
      for (const windows of [3, 8]) {
        await eventually(
          'load',
          () => feeding.taken,
          (taken) => taken >= windows,
        );
        await server.kill();
        await server.start();
      }
      await feeding.fed;
      return trial.conclude();
    });
    expect(conclusion).toEqual(UNHARMED);
  });

  it('comes up after a worker that needs it: the worker waits, and then works', async () => {
    const proxy = await startFaultProxy(server.path);
    const where = { redisUrl: server.url, redisUrlOfProcesses: proxy.url };
    const conclusion = await onTrial({ ...shared(), ...where, events: 100 }, async (trial) => {
      await server.kill();
      const worker = trial.startWorker();
      await eventually(
        'asked again and again in vain',
        () => proxy.asked(),
        (asked) => asked > 6,
      );
      await server.start();
      await worker.ready;
      await trial.startFeeding().fed;
      return trial.conclude();
    });
    await proxy.close();
    expect(conclusion).toEqual(UNHARMED);
  });

  it('mistake: a fallback from NOSCRIPT that lets a read behind it go first; forgotten scripts harm nothing', async () => {
    const conclusion = await onTrial({ ...shared(), redisUrl: inject('redisUrl') }, async (trial) => {
      await Promise.all([trial.startWorker().ready, trial.startWorker().ready]);
      const feeding = trial.startFeeding();
      for (let flushes = 0; flushes < 100; flushes += 1) {
        await trial.world.redis.script('FLUSH');
        await pause(20);
      }
      await feeding.fed;
      return trial.conclude();
    });
    expect(conclusion).toEqual(UNHARMED);
  });
});

/** How long the network misbehaves: several sweeps. */
const TROUBLE_MS = 3000;

const WEATHER: readonly (readonly [name: string, mode: ProxyMode])[] = [
  ['blackholes', { kind: 'blackhole' }],
  ['answers late', { kind: 'slow', ms: 200 }],
  ['half-opens (requests arrive, answers do not)', { kind: 'half-open' }],
];

describe.concurrent('a network that', () => {
  const behind = async (disturb: (proxy: FaultProxy, trial: Trial) => Promise<void>) => {
    const proxy = await startFaultProxy(server.path);
    const where = { redisUrl: server.url, redisUrlOfProcesses: proxy.url };
    const conclusion = await onTrial({ ...shared(), ...where }, async (trial) => {
      await Promise.all([trial.startWorker().ready, trial.startWorker().ready]);
      const feeding = trial.startFeeding();
      await eventually(
        'load',
        () => feeding.taken,
        (taken) => taken >= 3,
      );
      await disturb(proxy, trial);
      await feeding.fed;
      return trial.conclude();
    });
    await proxy.close();
    return conclusion;
  };

  it.each(WEATHER)('%s: afterwards everything completes', async (_name, mode) => {
    const conclusion = await behind(async (proxy) => {
      proxy.set(mode);
      await pause(TROUBLE_MS);
      proxy.set({ kind: 'open' });
      // bytes that were swallowed leave both ends out of step: like a firewall that lost its table, it resets them
      if (mode.kind !== 'slow') proxy.cut();
    });
    expect(conclusion).toEqual(UNHARMED);
  });

  it('cuts every connection again and again: afterwards everything completes', async () => {
    const conclusion = await behind(async (proxy) => {
      for (let cuts = 0; cuts < 10; cuts += 1) {
        proxy.cut();
        await pause(TROUBLE_MS / 10);
      }
    });
    expect(conclusion).toEqual(UNHARMED);
  });
});
