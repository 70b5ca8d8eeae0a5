// The steps of the partition protocol as typed calls: claim, read, commit, mark, pause, release (see README.md beside).
// Invariant I1: every state change goes through commit, which checks cursor and epoch.
import type { Redis } from 'ioredis';
import type { Output } from '../runtime/partition-handler.ts';
import { luaScript, type ScriptArgument } from '../stores/redis/script.ts';
import type { PartitionKeys } from '../stores/redis/keys.ts';
import { parseEntry, type LogEntry } from './log-entry.ts';

const script = (name: string) => luaScript(new URL(`./scripts/${name}.lua`, import.meta.url));
const claimScript = script('claim');
const commitScript = script('commit');
const releaseScript = script('release');
const markScript = script('mark');
const pauseScript = script('pause');

/** Claims at one cursor without a commit before events are taken one by one. */
const ISOLATE_AFTER = 2;
/** Entries asked for at once, and so in the hands of whoever dies; with 64 events an entry this is 2,048 events. */
export const READ_ENTRIES = 32;

export interface Ownership {
  readonly worker: string;
  readonly epoch: number;
  cursor: string;
  poisonRun: number;
  /** The last entry whose events are taken one by one; undefined when none are. */
  isolateUntil: string | undefined;
  /** Only while isolating: events, and the workers that lost the partition with that event under their hands. */
  readonly touched: ReadonlyMap<string, readonly string[]>;
}

export type Claim = { readonly kind: 'empty' | 'paused' } | { readonly kind: 'claimed'; readonly owner: Ownership };

export interface StateWrite {
  readonly key: string;
  readonly json: string;
  readonly ttlMs: number;
  /** Start time while the conversation is open; undefined once it has ended. */
  readonly liveSince: number | undefined;
}

export interface CommitRequest {
  readonly newCursor: string;
  readonly poisonRun: number;
  readonly states: readonly StateWrite[];
  readonly outputs: readonly Output[];
  readonly counters: ReadonlyMap<string, number>;
}

/** `worker` names the process, for as long as it lives. */
export async function claim(redis: Redis, keys: PartitionKeys, worker: string): Promise<Claim> {
  const scriptKeys = [keys.log, keys.meta, keys.outbox, keys.marks];
  const reply = (await claimScript.run(redis, scriptKeys, [ISOLATE_AFTER, READ_ENTRIES, worker])) as [
    'empty' | 'paused' | 'claimed',
    ...(string | number)[],
  ];
  if (reply[0] !== 'claimed') return { kind: reply[0] };
  const [, epoch, cursor, isolate, poisonRun, marks] = reply;
  return {
    kind: 'claimed',
    owner: {
      worker,
      epoch: Number(epoch),
      cursor: String(cursor),
      poisonRun: Number(poisonRun),
      isolateUntil: isolate === '' ? undefined : String(isolate),
      touched: parseMarks(String(marks)),
    },
  };
}

function parseMarks(joined: string): Map<string, string[]> {
  const touched = new Map<string, string[]>();
  for (const each of joined.split(' ').filter(Boolean)) {
    const [event = '', worker = ''] = each.split('/');
    touched.set(event, [...(touched.get(event) ?? []), worker]);
  }
  return touched;
}

/** Entries after `cursor`, oldest first. I4: use the answer only while the cursor is still the one asked for. */
export async function readAfter(redis: Redis, keys: PartitionKeys, cursor: string, count: number): Promise<LogEntry[]> {
  const entries = await redis.xrange(keys.log, `(${cursor}`, '+', 'COUNT', count);
  return entries.map(parseEntry);
}

/** Entry ids: milliseconds and number. */
function isBefore(one: string, other: string): boolean {
  const [oneMs, oneNumber] = one.split('-').map(Number);
  const [otherMs, otherNumber] = other.split('-').map(Number);
  return oneMs === otherMs ? Number(oneNumber) < Number(otherNumber) : Number(oneMs) < Number(otherMs);
}

/** Returns false when fenced: drop everything held of this partition. */
export async function commit(
  redis: Redis,
  keys: PartitionKeys,
  owner: Ownership,
  request: CommitRequest,
): Promise<boolean> {
  const { isolateUntil } = owner;
  const isolating = isolateUntil !== undefined && isBefore(request.newCursor, isolateUntil);
  const args: ScriptArgument[] = [owner.cursor, owner.epoch, request.newCursor, request.poisonRun, isolating ? 1 : 0];
  args.push(request.states.length, request.outputs.length, request.counters.size);
  for (const state of request.states) args.push(state.json, state.ttlMs, state.key, state.liveSince ?? '');
  for (const output of request.outputs) {
    args.push(output.sink, output.receivedAt, JSON.stringify(output.payload));
  }
  for (const [field, by] of request.counters) args.push(field, by);
  const stateKeys = request.states.map((state) => keys.state(state.key));
  const reply = await commitScript.run(
    redis,
    [keys.log, keys.meta, keys.outbox, keys.live, keys.marks, ...stateKeys],
    args,
  );
  const [applied, cursor, epoch] = reply as [number, string, string];
  // a connection lost after sending makes the client send again: our own cursor and epoch mean that it was applied
  const repeated = cursor === request.newCursor && epoch === String(owner.epoch);
  if (applied !== 1 && !repeated) return false;
  owner.cursor = request.newCursor;
  owner.poisonRun = request.poisonRun;
  if (!isolating) owner.isolateUntil = undefined;
  return true;
}

export async function release(
  redis: Redis,
  keys: PartitionKeys,
  owner: Ownership,
): Promise<'released' | 'busy' | 'fenced'> {
  const reply = await releaseScript.run(redis, [keys.log, keys.meta, keys.outbox], [owner.epoch]);
  return reply as 'released' | 'busy' | 'fenced';
}

/** Returns false when fenced. */
export async function mark(redis: Redis, keys: PartitionKeys, owner: Ownership, eventId: string): Promise<boolean> {
  return (await markScript.run(redis, [keys.meta], [owner.epoch, owner.worker, eventId])) === 1;
}

/** Nothing is being touched any more. */
export async function unmark(redis: Redis, keys: PartitionKeys, owner: Ownership): Promise<void> {
  await markScript.run(redis, [keys.meta], [owner.epoch, owner.worker, '']);
}

/** Returns false when fenced. */
export async function pause(redis: Redis, keys: PartitionKeys, owner: Ownership, reason: string): Promise<boolean> {
  return (await pauseScript.run(redis, [keys.meta], [owner.epoch, reason])) === 1;
}

/** Lifts a pause; the caller wakes the partition. */
export async function resume(redis: Redis, keys: PartitionKeys): Promise<boolean> {
  const [lifted] = await Promise.all([redis.hdel(keys.meta, 'paused'), redis.hset(keys.meta, 'poison', 0, 'tries', 0)]);
  return lifted === 1;
}
