// What the ingester says of its stream and what the CRM buffer holds: three small hashes and two lengths.
import type { Redis } from 'ioredis';
import type { Keys } from '../../stores/redis/keys.ts';
import type { Overview } from './overview-schema.ts';
import { answers, asCount } from './pipeline.ts';

export async function readStream(redis: Redis, keys: Keys, now: number): Promise<Overview['stream']> {
  const facts = await redis.hgetall(keys.stream);
  const lastFrameAt = asCount(facts['lastFrameAt']);
  const connectedSince = asCount(facts['connectedSince']);
  return {
    connected: facts['connected'] === '1',
    lastFrameAgeMs: lastFrameAt === 0 ? null : Math.max(0, now - lastFrameAt),
    connectedSince: connectedSince === 0 ? null : connectedSince,
    topics: asCount(facts['topics']),
    paused: facts['paused'] === '1',
    reconnects: asCount(facts['reconnects']),
  };
}

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
