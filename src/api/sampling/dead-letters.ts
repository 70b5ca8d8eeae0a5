// The dead letters that wait for a person, without what is sealed in them. Invariant: one reading takes a bounded
// number of letters and bytes, whatever is in the queue.
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { ServedQueue } from '../needs.ts';
import { answers, asCount } from './pipeline.ts';

export const MOST_LETTERS = 100;
/** Most letters are a few KB; a sealed frame of the largest size is 1.4 MB, and a hundred of those is too much. */
const MOST_BYTES = 2_000_000;

export const letterSchema = z.object({
  id: z.string().describe('The job’s id in the dead-letters queue'),
  stage: z.string(),
  code: z.string().describe('`unread` when the letter is too large to look at here'),
  message: z.string(),
  partition: z.number().int().optional(),
  conversationId: z.string().optional(),
  topic: z.string().optional(),
  receivedAt: z.number().int().optional().describe('Epoch milliseconds'),
  parkedAt: z.number().int().optional().describe('Epoch milliseconds'),
  sizeBytes: z.number().int().optional(),
  replayable: z.boolean().describe('Whether its content was kept (sealed), so that a retry can replay it'),
});

export type Letter = z.infer<typeof letterSchema>;

export interface LetterReading {
  readonly waiting: number;
  readonly byCode: Record<string, number>;
  /** Newest first. */
  readonly letters: readonly Letter[];
}

const storedSchema = letterSchema.omit({ id: true, replayable: true }).extend({ sealed: z.string().optional() });

export const deadLettersOf = (queues: readonly ServedQueue[]): Queue | undefined =>
  queues.find(({ name }) => name === 'dead-letters')?.queue;

export async function readDeadLetters(redis: Redis, queue: Queue | undefined): Promise<LetterReading> {
  if (queue === undefined) return { waiting: 0, byCode: {}, letters: [] };
  const [counts, ids] = await Promise.all([
    queue.getJobCounts('failed'),
    queue.getRanges(['failed'], 0, MOST_LETTERS - 1, false),
  ]);
  const texts = await readTexts(redis, queue, ids);
  const letters = ids.map((id, i) => toLetter(id, texts[i] ?? null));
  const byCode: Record<string, number> = {};
  for (const { code } of letters) byCode[code] = (byCode[code] ?? 0) + 1;
  return { waiting: asCount(counts['failed']), byCode, letters };
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

function toLetter(id: string, text: string | null): Letter {
  const stored = parse(text);
  if (stored === undefined) return { id, ...UNREAD };
  const { sealed, ...shown } = stored;
  return { id, ...shown, replayable: sealed !== undefined };
}

const UNREAD = { stage: 'unknown', code: 'unread', message: 'Open it in Bull Board.', replayable: false };

function parse(text: string | null): z.infer<typeof storedSchema> | undefined {
  try {
    return storedSchema.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}
