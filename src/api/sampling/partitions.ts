// What the partitions' keys say: depth, ownership, and the counters their commits have added up. Invariant: five
// commands a partition, however much waits in it.
import type { Redis } from 'ioredis';
import type { Keys, PartitionKeys } from '../../stores/redis/keys.ts';
import type { PartitionFigures } from './overview-schema.ts';
import { answers, asCount } from './pipeline.ts';

export interface PartitionReading extends PartitionFigures {
  readonly inFlight: number;
  readonly meta: Readonly<Record<string, string>>;
}

/** Only the id leaves Redis: an entry can hold 64 events. */
const OLDEST_ID = `local e = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1) return e[1] and e[1][1] or ''`;

export const readPartitions = (
  redis: Redis,
  keys: Keys,
  partitions: number,
  now: number,
): Promise<PartitionReading[]> =>
  Promise.all(Array.from({ length: partitions }, (_, id) => readPartition(redis, keys.partition(id), id, now)));

async function readPartition(redis: Redis, keys: PartitionKeys, id: number, now: number): Promise<PartitionReading> {
  const [meta, depth, oldest, outbox, live] = await answers(
    redis.pipeline().hgetall(keys.meta).xlen(keys.log).eval(OLDEST_ID, 1, keys.log).xlen(keys.outbox).zcard(keys.live),
  );
  const fields = meta as Record<string, string>;
  return {
    id,
    depth: asCount(depth),
    outbox: asCount(outbox),
    oldestMs: typeof oldest === 'string' && oldest !== '' ? Math.max(0, now - Number(oldest.split('-')[0])) : null,
    epoch: asCount(fields['ep']),
    awake: fields['act'] === '1',
    paused: fields['paused'] ?? null,
    inFlight: asCount(live),
    meta: fields,
  };
}

/** The counter `n:<name>` over all partitions. */
export const sumOf = (readings: readonly PartitionReading[], name: string): number =>
  readings.reduce((sum, { meta }) => sum + asCount(meta[`n:${name}`]), 0);

/** The counters `n:<family>:<name>` over all partitions, by name. */
export function sumsOf(readings: readonly PartitionReading[], family: string): Record<string, number> {
  const start = `n:${family}:`;
  const sums: Record<string, number> = {};
  for (const [field, value] of readings.flatMap(({ meta }) => Object.entries(meta))) {
    if (!field.startsWith(start)) continue;
    const name = field.slice(start.length);
    sums[name] = (sums[name] ?? 0) + asCount(value);
  }
  return sums;
}
