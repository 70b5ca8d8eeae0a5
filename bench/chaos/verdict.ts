// Compares what a run left behind with the truth. Invariant: every conversation, every record and every output is
// compared, none is sampled; a difference counts once, under the worst name it deserves.
import { isDeepStrictEqual } from 'node:util';
import type { Queue } from 'bullmq';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import type { Truth } from './oracle.ts';
import { BREACH_COUNTERS, isBroken } from './promises.ts';
import type { World } from './world.ts';

export interface Verdict {
  /** Conversations, records, outputs and unreadable frames of which something is missing. */
  readonly lost: number;
  readonly appliedTwice: number;
  readonly outOfOrder: number;
  /** Another body under a key the CRM had seen. */
  readonly duplicatesByKey: number;
  /** The same version of a record under another key. */
  readonly duplicatesByRecord: number;
  /** What was found, one line each, the first few of each kind. */
  readonly findings: readonly string[];
}

type Kind = 'lost' | 'appliedTwice' | 'outOfOrder';

const LINES_PER_KIND = 5;
const CHUNK = 500;
/** Of a conversation, with which the ids of its messages' records begin. */
const ID_LENGTH = 36;

export async function judge(world: World, truth: Truth): Promise<Verdict> {
  const tally = new Tally();
  // what explains most is told first: of each kind only the first lines are kept
  await judgeDeadLetters(world, truth, tally);
  await judgeCounts(world, truth, tally);
  await judgeStates(world, truth, tally);
  judgeRecords(world, truth, tally);
  await judgePromises(world, truth, tally);
  const { keyReuses, outOfOrder, repeated } = world.crm.totals();
  return {
    ...tally.counts,
    outOfOrder: tally.counts.outOfOrder + outOfOrder,
    duplicatesByKey: keyReuses,
    duplicatesByRecord: repeated,
    findings: tally.findings,
  };
}

export const isClean = (verdict: Verdict): boolean =>
  [verdict.lost, verdict.appliedTwice, verdict.outOfOrder, verdict.duplicatesByKey, verdict.duplicatesByRecord].every(
    (count) => count === 0,
  );

class Tally {
  readonly counts: Record<Kind, number> = { lost: 0, appliedTwice: 0, outOfOrder: 0 };
  readonly findings: string[] = [];

  add(kind: Kind, finding: string, by = 1): void {
    if (this.counts[kind] < LINES_PER_KIND) this.findings.push(`${kind}: ${finding}`);
    this.counts[kind] += by;
  }

  count(what: string, found: number, expected: number): void {
    if (found === expected) return;
    const kind = found < expected ? 'lost' : 'appliedTwice';
    this.add(kind, `${what}: ${expected} expected, ${found} found`, Math.abs(found - expected));
  }

  /** A version behind the truth's lacks a change, one ahead has one twice, the same with other content is disorder. */
  compare(what: string, found: Versioned | undefined, true_: Versioned): void {
    if (found === undefined) this.add('lost', `${what} is missing`);
    else if (found.version < true_.version) this.add('lost', `${what}: ${found.version} < ${true_.version}`);
    else if (found.version > true_.version) this.add('appliedTwice', `${what}: ${found.version} > ${true_.version}`);
    else if (!isDeepStrictEqual(found, true_)) this.add('outOfOrder', `${what} differs at ${found.version}`);
  }
}

interface Versioned {
  readonly version: number;
}

/** As it looks after a trip through JSON: undefined fields are gone. */
const asStored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

async function judgeStates({ redis, keys, partitions }: World, { states }: Truth, tally: Tally): Promise<void> {
  const all = [...states];
  for (let i = 0; i < all.length; i += CHUNK) {
    const chunk = all.slice(i, i + CHUNK);
    const pipeline = redis.pipeline();
    for (const [id] of chunk) pipeline.get(keys.partition(partitionOf(id, partitions)).state(id));
    const replies = (await pipeline.exec()) ?? [];
    for (const [at, [id, state]] of chunk.entries()) {
      const json = replies[at]?.[1];
      const found = typeof json === 'string' ? (JSON.parse(json) as Versioned) : undefined;
      tally.compare(`state ${id}`, found, asStored(state));
    }
  }
}

function judgeRecords({ crm }: World, { records, promised }: Truth, tally: Tally): void {
  for (const [id, record] of records) {
    tally.compare(`CRM record ${id}`, crm.records.find(id)?.record, asStored(record));
  }
  const surplus = crm.records
    .all()
    .filter(({ record }) => !records.has(record.recordId) && !promised.has(record.recordId.slice(0, ID_LENGTH)));
  if (surplus.length > 0) tally.add('appliedTwice', `${surplus.length} CRM records nobody told`, surplus.length);
}

/** Each counts once in its partition's commits, and the CRM has been told. */
async function judgePromises(world: World, { promised }: Truth, tally: Tally): Promise<void> {
  for (const id of promised) {
    if (!isBroken(world.crm.records.find(id)?.record)) tally.add('lost', `a promise to ${id} is not broken in the CRM`);
  }
  for (const counter of BREACH_COUNTERS) tally.count(counter, await counted(world, counter), promised.size);
}

async function counted({ redis, keys, partitions }: World, field: string): Promise<number> {
  const all = Array.from({ length: partitions }, (_, partition) => redis.hget(keys.partition(partition).meta, field));
  return (await Promise.all(all)).reduce((total, value) => total + Number(value ?? 0), 0);
}

/**
 * Counted in the commits and at the buffer. How many outputs there are depends on how events fell into batches (outputs
 * of one batch for one record are folded); that each committed one was taken, once, does not. Of these runs all that
 * fold go to the CRM; what goes to timers and webhooks does not fold.
 */
async function judgeCounts(world: World, truth: Truth, tally: Tally): Promise<void> {
  const { redis, keys } = world;
  const fields = ['n:moves', 'seq', 'n:unfolded'];
  const [moves, committed, unfolded] = await Promise.all(fields.map((field) => counted(world, field)));
  const taken = Number((await redis.hget(keys.buffer('crm').meta, 'n:accepted')) ?? 0);
  tally.count('moves', moves ?? 0, truth.moves);
  tally.count('outputs taken', taken, (committed ?? 0) - (unfolded ?? 0));
}

/** Every unreadable frame has its letter; nothing else has one. */
async function judgeDeadLetters(world: World, { poison }: Truth, tally: Tally): Promise<void> {
  const connection = redisOptions(String(world.environment['REDIS_URL']), 'worker');
  const queue: Queue = openQueue(deadLettersQueue, connection, world.keys, () => undefined);
  const jobs = await queue.getJobs(['waiting', 'active', 'failed', 'completed', 'prioritized', 'delayed']);
  await queue.close();
  const letters = new Map(jobs.map((job) => [(job.data as { sha256: string }).sha256, job.name]));
  const missing = [...poison].filter((sha256) => !letters.has(sha256)).length;
  if (missing > 0) tally.add('lost', `${missing} unreadable frames have no dead letter`, missing);
  for (const [sha256, code] of letters) {
    if (!poison.has(sha256)) tally.add('lost', `a good event was set aside as ${code}`);
  }
}
