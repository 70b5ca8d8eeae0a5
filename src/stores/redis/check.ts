// Refuses a Redis that would lose work. Invariant: what passes keeps every key until we delete it, and knows the
// commands we use.
import type { Redis } from 'ioredis';
import { delay, type Clock } from '../../runtime/clock.ts';
import { Failure, Fatal, Interrupted } from '../../runtime/errors.ts';
import { isNewEnough, MINIMUM_VERSION } from './embedded/binary.ts';

/** Throws Fatal with the reason and the fix. INFO alone is asked: managed services forbid CONFIG. */
export async function checkRedis(redis: Pick<Redis, 'info'>): Promise<void> {
  const server = fields(await redis.info('server'));
  const version = server.get('redis_version') ?? 'unknown';
  if (!isNewEnough(version)) {
    const needed = MINIMUM_VERSION.join('.');
    throw new Fatal('redis_version', `Redis ${version} is too old: Throughline needs ${needed} or newer.`);
  }
  const policy = fields(await redis.info('memory')).get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    throw new Fatal(
      'redis_evicts',
      `this Redis deletes keys when it is full (maxmemory-policy is ${policy}), and queued work with them. ` +
        'Set maxmemory-policy to noeviction: CONFIG SET maxmemory-policy noeviction, and in redis.conf to keep it.',
    );
  }
}

const ASK_AGAIN_MS = 500;

/**
 * Resolves once Redis answers and may be used; waits while it cannot be reached (it may start after us, or be failing
 * over). Throws what `checkRedis` does, what Redis itself refuses (a wrong password), or Interrupted.
 */
export async function redisReady(redis: Pick<Redis, 'info'>, clock: Clock, signal?: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await checkRedis(redis);
    } catch (error) {
      if (error instanceof Failure || (error instanceof Error && error.name === 'ReplyError')) throw error;
    }
    await delay(clock, ASK_AGAIN_MS, signal);
    if (signal?.aborted) throw new Interrupted('stopped while waiting for Redis');
  }
}

const fields = (info: string): Map<string, string> =>
  new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
