// The live processes of the deployment, from their presence records. Invariant: a record that cannot be understood
// (another version's) is left out, and never hides the others.
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Keys } from '../../stores/redis/keys.ts';

/** More than any deployment has: a bound on what one reading costs. */
const MOST_PROCESSES = 200;
/** A record expires with its process; the index may remember it a little longer. */
const FORGOTTEN_MS = 60_000;

const metricValueSchema = z.looseObject({
  value: z.number(),
  labels: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  metricName: z.string().optional(),
});

export const metricSchema = z.looseObject({
  name: z.string(),
  help: z.string(),
  type: z.string(),
  aggregator: z.string(),
  // Infinity and NaN are null in JSON: such a value is left out
  values: z.array(metricValueSchema.nullable().catch(null)).transform((all) => all.filter((value) => value !== null)),
});

const presenceSchema = z.object({
  id: z.string().max(128),
  role: z.string().max(64),
  pid: z.number().int(),
  host: z.string().max(256),
  startedAt: z.number(),
  at: z.number(),
  version: z.string().max(64),
  notes: z.record(z.string(), z.unknown()).default({}),
  metrics: z.array(metricSchema).max(1000).default([]),
});

export type Presence = z.infer<typeof presenceSchema>;
export type MetricRecord = z.infer<typeof metricSchema>;

export async function readProcesses(redis: Redis, keys: Keys, now: number): Promise<Presence[]> {
  const ids = await redis.zrevrangebyscore(keys.presenceIndex, '+inf', now - FORGOTTEN_MS, 'LIMIT', 0, MOST_PROCESSES);
  const records = await Promise.all(ids.map((id) => redis.get(keys.presence(id))));
  const understood = records.map(parsePresence).filter((record) => record !== undefined);
  return understood.toSorted((a, b) => a.role.localeCompare(b.role) || a.startedAt - b.startedAt);
}

function parsePresence(text: string | null): Presence | undefined {
  try {
    return presenceSchema.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}
