// Whether the partitions can take more. Invariant: asked of Redis itself; below these bounds an append is never refused here.
import type { Redis } from 'ioredis';
import type { Clock } from '../runtime/clock.ts';
import type { Keys } from '../stores/redis/keys.ts';
import { memoryFill } from '../stores/redis/memory.ts';

/** Above this share of Redis' memory limit nothing is appended: commits, batches and BullMQ need the rest to free more. */
export const NEARLY_FULL = 0.85;

/** An answer this old still holds: at 10,000 events/s a log grows by less than a hundred entries in it. */
const ANSWER_HOLDS_MS = 500;

export type Room = 'free' | 'log_full' | 'redis_full';

export interface RoomNeeds {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly partitions: number;
  readonly logMaxEntries: number;
  readonly clock: Clock;
}

/** Entries in the fullest log. */
export async function deepestLog({ redis, keys, partitions }: Pick<RoomNeeds, 'redis' | 'keys' | 'partitions'>) {
  const pipeline = redis.pipeline();
  for (let partition = 0; partition < partitions; partition += 1) pipeline.xlen(keys.partition(partition).log);
  const replies = (await pipeline.exec()) ?? [];
  return Math.max(0, ...replies.map(([, length]) => Number(length ?? 0)));
}

/** For many who ask: one question at a time, its answer shared. */
export function roomIn(needs: RoomNeeds): () => Promise<Room> {
  let asked: { readonly at: number; readonly answer: Promise<Room> } | undefined;
  return () => {
    const now = needs.clock.now();
    if (asked === undefined || now >= asked.at + ANSWER_HOLDS_MS) {
      asked = { at: now, answer: askRoom(needs) };
      // a question that failed is asked again by the next
      asked.answer.catch(() => (asked = undefined));
    }
    return asked.answer;
  };
}

async function askRoom(needs: RoomNeeds): Promise<Room> {
  const [fill, deepest] = await Promise.all([memoryFill(needs.redis), deepestLog(needs)]);
  if (fill > NEARLY_FULL) return 'redis_full';
  return deepest >= needs.logMaxEntries ? 'log_full' : 'free';
}
