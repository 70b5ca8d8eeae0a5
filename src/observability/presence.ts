// "I am alive, and these are my figures": what each process writes about itself for the console and cluster metrics.
// Invariant: a record disappears with its process (at once on stop, within its lifetime after a crash), and trouble
// with Redis never troubles the process.
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import type { Clock, TimerHandle } from '../runtime/clock.ts';
import type { Keys } from '../stores/redis/keys.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Notes } from './ops-server.ts';

export interface PresenceOptions {
  readonly redis: Redis;
  readonly keys: Pick<Keys, 'presence' | 'presenceIndex'>;
  /** Unique among processes, restarts included: containers of one image share host names and process ids. */
  readonly id: string;
  readonly role: string;
  readonly metrics: Metrics;
  readonly notes?: Notes;
  readonly version: string;
  readonly opsUrl: string;
  readonly log: Pick<Logger, 'warn'>;
  readonly clock: Clock;
  readonly intervalMs?: number;
}

export interface Presence {
  stop(): Promise<void>;
}

/** Ten missed beats: a process this quiet is gone or stuck. */
const LIFETIME_MS = 10_000;
/** Readers go by the record; the index is only tidied, late enough to forgive clocks that differ. */
const INDEX_LIFETIME_MS = 60_000;

export function startPresence(options: PresenceOptions): Presence {
  const { redis, keys, id, log, clock, intervalMs = 1000 } = options;
  const startedAt = clock.now();
  let timer: TimerHandle | undefined;
  let stopped = false;

  const beat = async (): Promise<void> => {
    try {
      await writeRecord(options, startedAt);
    } catch (error) {
      log.warn({ err: error }, 'presence not written; the next one tries again');
    }
    if (!stopped) timer = clock.setTimeout(next, intervalMs);
  };
  const next = (): void => {
    latest = beat();
  };
  let latest = beat();

  return {
    stop: async () => {
      stopped = true;
      clock.clearTimeout(timer);
      // A beat that is under way would bring the record back
      await latest;
      await Promise.allSettled([redis.del(keys.presence(id)), redis.zrem(keys.presenceIndex, id)]);
    },
  };
}

/** Separate commands, not one script: in a Cluster the keys are in different slots. */
async function writeRecord(options: PresenceOptions, startedAt: number): Promise<void> {
  const { redis, keys, id, role, metrics, notes = new Map(), version, opsUrl, clock } = options;
  const at = clock.now();
  const figures = await metrics.registry.getMetricsAsJSON();
  const said = Object.fromEntries([...notes].map(([name, note]) => [name, note()]));
  const identity = { id, role, pid: process.pid, host: hostname(), startedAt, at, version, opsUrl };
  const record = { ...identity, notes: said, metrics: figures };
  await Promise.all([
    redis.set(keys.presence(id), JSON.stringify(record), 'PX', LIFETIME_MS),
    redis.zadd(keys.presenceIndex, at, id),
    redis.zremrangebyscore(keys.presenceIndex, '-inf', at - INDEX_LIFETIME_MS),
  ]);
}
