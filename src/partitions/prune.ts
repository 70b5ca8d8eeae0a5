// Keeps the index of open conversations as bounded as their states: a conversation that fell silent loses its state by
// TTL and its place in the index by this. Invariant: one with a state is never touched (checked in the script).
import type { Redis } from 'ioredis';
import type { PartitionKeys } from '../stores/redis/keys.ts';
import { luaScript } from '../stores/redis/script.ts';

const pruneScript = luaScript(new URL('./scripts/prune.lua', import.meta.url));

/** Looked at per call, at random: whatever share is stale shrinks with every call. */
const SAMPLE = 100;

/** Returns how many were forgotten. */
export async function pruneLive(redis: Redis, keys: PartitionKeys): Promise<number> {
  const sample = await redis.zrandmember(keys.live, SAMPLE);
  const ids = Array.isArray(sample) ? sample : [];
  if (ids.length === 0) return 0;
  return (await pruneScript.run(redis, [keys.live, ...ids.map((id) => keys.state(id))], ids)) as number;
}
