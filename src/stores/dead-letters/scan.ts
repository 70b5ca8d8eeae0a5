// Reads the dead letters, newest first. Invariants: one call holds a bounded number of letters and bytes, and asks Redis
// for a bounded amount at a time, whatever is in the queue; a letter parked after a page was read is not on a later one,
// so whoever retries page by page never meets what failed again.
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { matches, openLetter, STORED_FIELDS, type Letter, type LetterFilter, type OpenLetter, type Place } from './letter.ts'; // prettier-ignore

export interface LetterBox {
  readonly redis: Redis;
  readonly queue: Queue;
}

export interface LetterPage {
  readonly letters: readonly Letter[];
  /** Where the next page begins; undefined when there is no more. A page can be empty and not the last. */
  readonly next: Place | undefined;
}

/** Ids asked for at once. */
const RANGE = 100;
/** Read together: most letters are a few KB, the largest (a sealed frame of the largest size) comes alone. */
const CHUNK_BYTES = 2_000_000;
/** One call looks at this many, or this much, before it hands back: some hundred milliseconds. */
const MOST_SCANNED = 2000;
const MOST_BYTES = 64_000_000;

export async function findLetters(
  box: LetterBox,
  filter: LetterFilter,
  { limit, after }: { readonly limit: number; readonly after: Place | undefined },
): Promise<LetterPage> {
  const letters: Letter[] = [];
  let place = after;
  let scanned = 0;
  let bytes = 0;
  for (;;) {
    const { places, isLast } = await placesAfter(box, filter, place);
    for (const chunk of await inChunks(box, places)) {
      const found = (await readLetters(box, chunk.places)).map(({ letter }) => letter);
      letters.push(...found.filter((letter) => matches(filter, letter)));
      if (letters.length > limit) return { letters: letters.slice(0, limit), next: letters[limit - 1] };
      place = chunk.places.at(-1);
      scanned += chunk.places.length;
      bytes += chunk.bytes;
      if (scanned >= MOST_SCANNED || bytes >= MOST_BYTES) return { letters, next: place };
    }
    if (isLast) return { letters, next: undefined };
  }
}

export async function readLetters({ redis, queue }: LetterBox, places: readonly Place[]): Promise<OpenLetter[]> {
  if (places.length === 0) return [];
  const reading = redis.pipeline();
  for (const { id } of places) reading.hmget(queue.toKey(id), ...STORED_FIELDS);
  const stored = await answers(reading.exec());
  return places.flatMap((place, i) => openLetter(place, stored[i] as unknown[]) ?? []);
}

/** Those of `ids` that wait for a person; the order of `ids`. */
export async function placesOf({ redis, queue }: LetterBox, ids: readonly string[]): Promise<Place[]> {
  const asking = redis.pipeline();
  for (const id of ids) asking.zscore(queue.toKey('failed'), id);
  const scores = await answers(asking.exec());
  return ids.flatMap((id, i) => (typeof scores[i] === 'string' ? [{ id, parkedAt: Number(scores[i]) }] : []));
}

/** Redis orders by score, equal scores by id: the pair is a place even after its letter has gone. */
async function placesAfter({ redis, queue }: LetterBox, { since, until }: LetterFilter, after: Place | undefined) {
  const newest = Math.min(after?.parkedAt ?? Infinity, until ?? Infinity);
  const isAfter = ({ id, parkedAt }: Place): boolean =>
    after === undefined || parkedAt < after.parkedAt || (parkedAt === after.parkedAt && id < after.id);
  for (let offset = 0; ; offset += RANGE) {
    const reply = await redis.zrevrangebyscore(
      queue.toKey('failed'),
      newest === Infinity ? '+inf' : newest,
      since ?? '-inf',
      'WITHSCORES',
      'LIMIT',
      offset,
      RANGE,
    );
    const isLast = reply.length < 2 * RANGE;
    const places = pairs(reply).filter(isAfter);
    if (places.length > 0 || isLast) return { places, isLast };
  }
}

function pairs(reply: readonly string[]): Place[] {
  const places: Place[] = [];
  for (let i = 0; i + 1 < reply.length; i += 2) places.push({ id: reply[i] ?? '', parkedAt: Number(reply[i + 1]) });
  return places;
}

interface Chunk {
  readonly places: Place[];
  bytes: number;
}

/** As many letters together as fit the bytes of a chunk, at least one. */
async function inChunks({ redis, queue }: LetterBox, places: readonly Place[]): Promise<Chunk[]> {
  if (places.length === 0) return [];
  const sizing = redis.pipeline();
  for (const { id } of places) sizing.hstrlen(queue.toKey(id), 'data');
  const sizes = await answers(sizing.exec());
  const chunks: Chunk[] = [];
  for (const [i, place] of places.entries()) {
    const size = Number(sizes[i]);
    const last = chunks.at(-1);
    if (last === undefined || last.bytes + size > CHUNK_BYTES) chunks.push({ places: [place], bytes: size });
    else {
      last.places.push(place);
      last.bytes += size;
    }
  }
  return chunks;
}

/** One failed reply fails the whole read. */
async function answers(replies: Promise<[error: Error | null, result: unknown][] | null>): Promise<unknown[]> {
  return ((await replies) ?? []).map(([error, value]) => {
    if (error !== null) throw error;
    return value;
  });
}
