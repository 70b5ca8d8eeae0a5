// Refuses a Redis that would lose work. Invariant: what passes keeps every key until we delete it, and knows the
// commands we use.
import type { Redis } from 'ioredis';
import { Fatal } from '../../runtime/errors.ts';
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

const fields = (info: string): Map<string, string> =>
  new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
