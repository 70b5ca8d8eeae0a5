// Connections to Redis, one way to make each kind. Invariant: a blocking or worker connection retries for ever, a
// request connection fails fast, so that a caller can answer, slow down or spool instead of hanging.
import { Redis, type RedisOptions } from 'ioredis';

export type ConnectionKind = 'request' | 'worker' | 'subscriber';

/** 50 ms to 2 s: a restarted Redis is found again within a sweep. */
const reconnectDelay = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 6), 2000);

/**
 * A request is never sent twice behind our back: what a lost connection leaves unclear is settled by who asked (a commit
 * knows its own cursor, an append its batch). A half-open connection is given up, or every request would time out on it.
 */
const REQUEST = { commandTimeout: 10_000, socketTimeout: 12_000, autoResendUnfulfilledCommands: false };

/** Options for `url`: `redis://`, `rediss://`, or `unix:/path/to.sock`. */
export function redisOptions(url: string, kind: ConnectionKind) {
  const shared = {
    retryStrategy: reconnectDelay,
    maxRetriesPerRequest: kind === 'request' ? 1 : null,
    enableOfflineQueue: true,
    enableReadyCheck: true,
    ...(kind === 'request' ? REQUEST : {}),
  } satisfies RedisOptions;
  if (url.startsWith('unix:')) return { ...shared, path: url.slice('unix:'.length) };
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  return {
    ...shared,
    host: hostname,
    port: port === '' ? 6379 : Number(port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 ? { db: Number(pathname.slice(1)) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** What ioredis and BullMQ both take. */
export type RedisConnectionOptions = ReturnType<typeof redisOptions>;

/** Connects in the background; errors are reported to `onError` (never thrown at a random place). */
export function connectRedis(url: string, kind: ConnectionKind, onError: (error: Error) => void): Redis {
  const redis = new Redis(redisOptions(url, kind));
  redis.on('error', onError);
  redis.on('connect', () => joinWrites(redis.stream));
  return redis;
}

/**
 * What one turn of the loop sends leaves in one write, in order: a worker at thousands of small commits a second
 * otherwise spends a quarter of its time in the kernel, a write a command.
 */
function joinWrites(stream: Redis['stream']): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const joined = (...args: unknown[]): boolean => {
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    return write(...args);
  };
  stream.write = joined;
}
