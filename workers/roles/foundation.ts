// What every role stands on: settled configuration, log, metrics, Redis, presence and the ops endpoints.
// Invariant: what `layFoundation` opens, `stop` closes, in the reverse order.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Config } from '../../src/config/entries.ts';
import { createLogger, type Logger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { startOpsServer, type Check } from '../../src/observability/ops-server.ts';
import { startPresence } from '../../src/observability/presence.ts';
import { systemClock, type Clock } from '../../src/runtime/clock.ts';
import { Fatal } from '../../src/runtime/errors.ts';
import type { OnStep } from '../../src/runtime/steps.ts';
import { version as readVersion } from '../../src/runtime/version.ts';
import { conversationStates, type ConversationStates } from '../../src/stores/conversations/states.ts';
import { connectRedis, redisOptions, type RedisConnectionOptions } from '../../src/stores/redis/connect.ts';
import { redisReady } from '../../src/stores/redis/check.ts';
import { keysFor, type Keys } from '../../src/stores/redis/keys.ts';

export interface Foundation {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly version: string;
  /** Fails fast: for everything but BullMQ and subscriptions. */
  readonly redis: Redis;
  readonly redisUrl: string;
  /** For BullMQ's own connections. */
  readonly connection: RedisConnectionOptions;
  readonly keys: Keys;
  readonly onRedisError: (error: Error) => void;
  /** For fault tests: told at every step of the path. */
  readonly onStep?: OnStep | undefined;
  /** What must hold for /readyz to say so, by its name there; a role adds its own. */
  readonly checks: Map<string, Check>;
  /** What a role adds to /readyz and to its presence, by its name there. */
  readonly notes: Map<string, () => Readonly<Record<string, number | boolean | string>>>;
  /** From now on /readyz answers 503. */
  drain(): void;
  stop(): Promise<void>;
}

export interface RunningRole {
  stop(): Promise<void>;
}

export interface FoundationOptions {
  /** Aborts when the process is asked to stop before it has started. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: OnStep | undefined;
}

export async function layFoundation(
  role: string,
  config: Config,
  { signal, onStep }: FoundationOptions = {},
): Promise<Foundation> {
  const log = createLogger({ level: config.logLevel, role });
  const metrics = createMetrics({ processMetrics: true });
  const version = readVersion();
  const redisUrl = required(config.redisUrl, 'REDIS_URL', 'or run `throughline up`, which starts a private Redis');
  const onRedisError = (error: Error): void => log.warn({ err: error }, 'Redis connection failed; trying again');
  const redis = connectRedis(redisUrl, 'request', onRedisError);
  const connection = redisOptions(redisUrl, 'worker');
  const keys = keysFor(config.redisPrefix);
  const clock = systemClock;
  const where = { redis, redisUrl, connection, keys, notes: new Map() satisfies Foundation['notes'] };
  const checks: Foundation['checks'] = new Map([['redis', () => redis.ping()]]);
  const common = { config, log, metrics, clock, version, ...where, checks, onRedisError, onStep };

  let draining = false;
  const ops = await startOpsServer({ ...common, isDraining: () => draining });
  // only now: while Redis is away /healthz answers, and /readyz says why not yet
  await redisReady(redis, clock, signal);
  const id = `${role}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const presence = startPresence({ ...common, role, id, opsUrl: ops.url });
  return {
    ...common,
    drain: () => {
      draining = true;
    },
    stop: async () => {
      await presence.stop();
      await ops.close();
      redis.disconnect();
    },
  };
}

export function required<T>(value: T | undefined, variable: string, otherwise: string): T {
  if (value === undefined) throw new Fatal('configuration', `${variable} is not set: set it, ${otherwise}`);
  return value;
}

/** What is remembered of conversations. */
export const statesOf = ({ redis, keys, config }: Pick<Foundation, 'redis' | 'keys' | 'config'>): ConversationStates =>
  conversationStates(redis, keys, config.partitions);

export const payloadKeyOf = ({ payloadKey }: Config): string =>
  required(payloadKey, 'THROUGHLINE_PAYLOAD_KEY', 'the same on every process (openssl rand -base64 32 makes one)');
