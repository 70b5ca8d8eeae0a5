// A ceiling on the letters of one code: a topic nobody reads, subscribed to by mistake, must not fill Redis with copies
// of itself. Invariant: over the ceiling events are still counted, only no longer kept; a day later some are kept again.
import type { Redis } from 'ioredis';

const DAY_SECONDS = 86_400;

export interface Quota {
  /** How many of `wanted` may be kept now. */
  take(wanted: number): Promise<number>;
}

export function dailyQuota(redis: Redis, key: string, perDay: number): Quota {
  return {
    take: async (wanted) => {
      const replies = await redis.multi().set(key, 0, 'EX', DAY_SECONDS, 'NX').incrby(key, wanted).exec();
      const taken = Number(replies?.[1]?.[1] ?? 0);
      return Math.max(0, Math.min(wanted, perDay - (taken - wanted)));
    },
  };
}
