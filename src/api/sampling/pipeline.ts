// Several questions to Redis in one round trip. Invariant: one failed reply fails the whole read, so that a figure is
// either true or absent. The keys of one call share a hash tag, as Redis Cluster asks.
import type { ChainableCommander } from 'ioredis';

export async function answers(pipeline: ChainableCommander): Promise<unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, value]) => {
    if (error !== null) throw error;
    return value;
  });
}

/** A count that Redis gives as a number or, in a hash, as text; anything else is 0. */
export function asCount(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : 0;
  return Number.isFinite(number) && number > 0 ? Math.floor(number) : 0;
}
