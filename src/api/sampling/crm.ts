// What the CRM buffer holds: a small hash and three lengths.
import type { Redis } from 'ioredis';
import type { Keys } from '../../stores/redis/keys.ts';
import { answers, asCount } from './pipeline.ts';

export interface CrmReading {
  /** Records that rest after a failure among them. */
  readonly waiting: number;
  readonly inFlightBatches: number;
  readonly delivered: number;
  /** Records the CRM will never take; each is a dead letter. */
  readonly rejected: number;
}

export async function readCrm(redis: Redis, keys: Keys): Promise<CrmReading> {
  const buffer = keys.buffer('crm');
  const [delivered, rejected, waiting, resting, cut] = await answers(
    redis
      .pipeline()
      .hget(buffer.meta, 'n:delivered')
      .hget(buffer.meta, 'n:rejected')
      .llen(buffer.waiting)
      .zcard(buffer.resting)
      .zcard(buffer.cut),
  );
  return {
    waiting: asCount(waiting) + asCount(resting),
    inFlightBatches: asCount(cut),
    delivered: asCount(delivered),
    rejected: asCount(rejected),
  };
}
