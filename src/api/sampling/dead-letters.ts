// How many dead letters wait for a person, and why. Invariant: one reading takes a bounded
// number of letters and bytes, whatever is in the queue.
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { ServedQueue } from '../needs.ts';
import { answers, asCount } from './pipeline.ts';

export const MOST_LETTERS = 100;
/** Most letters are a few KB; a sealed frame of the largest size is 1.4 MB, and a hundred of those is too much. */
const MOST_BYTES = 2_000_000;

export interface LetterReading {
  readonly waiting: number;
  /** The newest of them. */
  readonly byCode: Record<string, number>;
}

const storedSchema = z.object({ code: z.string().max(64) });

export const deadLettersOf = (queues: readonly ServedQueue[]): Queue | undefined =>
  queues.find(({ name }) => name === 'dead-letters')?.queue;

export async function readDeadLetters(redis: Redis, queue: Queue | undefined): Promise<LetterReading> {
  if (queue === undefined) return { waiting: 0, byCode: {} };
  const [counts, ids] = await Promise.all([
    queue.getJobCounts('failed'),
    queue.getRanges(['failed'], 0, MOST_LETTERS - 1, false),
  ]);
  const byCode: Record<string, number> = {};
  for (const text of await readTexts(redis, queue, ids)) {
    const code = codeOf(text);
    byCode[code] = (byCode[code] ?? 0) + 1;
  }
  return { waiting: asCount(counts['failed']), byCode };
}

/** The data of the newest jobs, as far as the byte bound reaches; null for the rest. */
async function readTexts(redis: Redis, queue: Queue, ids: readonly string[]): Promise<(string | null)[]> {
  const sizing = redis.pipeline();
  for (const id of ids) sizing.hstrlen(queue.toKey(id), 'data');
  const sizes = ids.length === 0 ? [] : await answers(sizing);
  let budget = MOST_BYTES;
  const wanted = ids.filter((_, i) => {
    const fits = asCount(sizes[i]) <= budget;
    if (fits) budget -= asCount(sizes[i]);
    return fits;
  });
  const reading = redis.pipeline();
  for (const id of wanted) reading.hget(queue.toKey(id), 'data');
  const read = wanted.length === 0 ? [] : await answers(reading);
  const texts = new Map(wanted.map((id, i) => [id, read[i]]));
  return ids.map((id) => {
    const text = texts.get(id);
    return typeof text === 'string' ? text : null;
  });
}

/** `unread`: too large to look at each few seconds, or no letter. */
function codeOf(text: string | null): string {
  try {
    return storedSchema.parse(JSON.parse(text ?? 'null')).code;
  } catch {
    return 'unread';
  }
}
