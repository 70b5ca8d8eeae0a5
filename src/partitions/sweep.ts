// Sweep: finds partitions that have work and make no progress, and has them taken over. Heals a lost wake-up, a crash
// between append and wake or between commit and relay, and a dead owner. Invariant I5: it decides by what it saw twice
// (same epoch, same last commit), never by a clock.
import type { Redis } from 'ioredis';
import type { Metrics } from '../observability/metrics.ts';
import type { Keys } from '../stores/redis/keys.ts';
import type { Waker } from './wake.ts';

interface SweepNeeds {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly partitions: number;
  readonly waker: Waker;
  readonly metrics: Metrics;
}

/** Returns a function that looks once and answers with the partitions it woke. */
export function sweepFor({ redis, keys, partitions, waker, metrics }: SweepNeeds): () => Promise<number[]> {
  const lastSeen = new Map<number, string>();
  return async () => {
    const woken: number[] = [];
    const looks = await look(redis, keys, partitions);
    for (const [partition, { hasWork, epoch, sign }] of looks.entries()) {
      const before = lastSeen.get(partition);
      if (!hasWork) lastSeen.delete(partition);
      else lastSeen.set(partition, sign);
      if (!hasWork || before !== sign) continue;
      await waker.takeOver(partition, epoch);
      metrics.count('throughline_partition_swept_total');
      woken.push(partition);
    }
    return woken;
  };
}

interface Look {
  readonly hasWork: boolean;
  readonly epoch: string;
  /** Changes with every claim and every commit. */
  readonly sign: string;
}

async function look(redis: Redis, keys: Keys, partitions: number): Promise<Look[]> {
  const pipeline = redis.pipeline();
  for (let partition = 0; partition < partitions; partition += 1) {
    const { log, meta, outbox } = keys.partition(partition);
    pipeline.xlen(log).xlen(outbox).hmget(meta, 'ep', 'ts', 'cur', 'paused');
  }
  const replies = (await pipeline.exec()) ?? [];
  return Array.from({ length: partitions }, (_, partition) => {
    const [logReply, outboxReply, metaReply] = replies.slice(partition * 3, partition * 3 + 3);
    const [epoch, commitAt, cursor, paused] = (metaReply?.[1] ?? []) as (string | null)[];
    const waiting = Number(logReply?.[1] ?? 0) + Number(outboxReply?.[1] ?? 0);
    return {
      hasWork: waiting > 0 && paused === null,
      epoch: epoch ?? '0',
      sign: `${epoch}/${commitAt}/${cursor}`,
    };
  });
}
