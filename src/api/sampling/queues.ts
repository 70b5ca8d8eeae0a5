// Counts of each BullMQ queue, and the age of its oldest waiting job (the number people are paged on).
// Invariant: a fixed number of commands a queue; job data is never read here.
import type { Redis } from 'ioredis';
import type { ServedQueue } from '../needs.ts';
import type { QueueFigures } from './overview-schema.ts';
import { asCount } from './pipeline.ts';

export interface QueueReading extends QueueFigures {
  readonly oldestWaitingMs: number;
}

export const readQueues = (redis: Redis, queues: readonly ServedQueue[], now: number): Promise<QueueReading[]> =>
  Promise.all(queues.map((served) => readQueue(redis, served, now)));

async function readQueue(redis: Redis, { name, queue }: ServedQueue, now: number): Promise<QueueReading> {
  const [counts, paused, waitingIds] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed', 'completed'),
    queue.isPaused(),
    queue.getRanges(['waiting'], 0, 0, true),
  ]);
  const of = (state: string): number => asCount(counts[state]);
  return {
    name,
    waiting: of('waiting') + of('prioritized'),
    active: of('active'),
    delayed: of('delayed'),
    failed: of('failed'),
    completed: of('completed'),
    paused,
    oldestWaitingMs: await ageOf(redis, queue.toKey(waitingIds[0] ?? ''), waitingIds.length > 0, now),
  };
}

async function ageOf(redis: Redis, jobKey: string, exists: boolean, now: number): Promise<number> {
  const addedAt = exists ? asCount(await redis.hget(jobKey, 'timestamp')) : 0;
  return addedAt === 0 ? 0 : Math.max(0, now - addedAt);
}
