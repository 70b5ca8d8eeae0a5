// How full Redis is. Invariant: asked of Redis itself; a Redis without a limit (or that forbids the question) is never
// full here, and its host's memory is the operator's to watch.
import type { Redis } from 'ioredis';

/** Share of `maxmemory` in use, 0 to 1 and above; 0 without a limit. */
export async function memoryFill(redis: Pick<Redis, 'info'>): Promise<number> {
  const info = await redis.info('memory');
  const [used, limit] = [field(info, 'used_memory'), field(info, 'maxmemory')];
  return limit > 0 ? used / limit : 0;
}

const field = (info: string, name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
