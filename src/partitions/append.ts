// Append: events to the ends of their partitions' logs, then the wake-up. Invariants: an event is accepted only when its
// append was answered; a batch repeated after an unclear failure is appended once per partition (a copy of several changes
// of one conversation would tell its past again); a crash before the wake-up is healed by the sweep.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { IncomingEvent } from '../runtime/partition-handler.ts';
import type { OnStep } from '../runtime/steps.ts';
import type { Keys } from '../stores/redis/keys.ts';
import { luaScript, type ScriptArgument } from '../stores/redis/script.ts';
import { entryFields, EVENTS_PER_ENTRY } from './log-entry.ts';
import { partitionOf } from '../stores/redis/partition-of.ts';
import type { Waker } from './wake.ts';

export interface KeyedEvent extends IncomingEvent {
  /** Decides the partition: the conversation id. */
  readonly key: string;
}

export interface Appended {
  /** Log entries waiting in the fullest partition that was touched. */
  readonly deepest: number;
}

/** Numbers of one writer only grow: of its batches a log remembers the last. */
export interface BatchName {
  readonly writer: string;
  readonly number: number;
}

export interface Appender {
  /**
   * All or an error. After an error the caller repeats the call with the very same array, or under the same name where it
   * gave one (which outlives the process), and nothing is doubled.
   */
  append(events: readonly KeyedEvent[], name?: BatchName): Promise<Appended>;
}

export interface AppenderNeeds {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly partitions: number;
  readonly waker: Waker;
  readonly onStep?: OnStep | undefined;
}

interface Batch extends BatchName {
  readonly events: readonly KeyedEvent[];
}

const appendScript = luaScript(new URL('./scripts/append.lua', import.meta.url));

/** A batch is repeated within seconds, a named one within the hour; a writer that is gone leaves nothing behind. */
export const REMEMBERED_SECONDS = 3600;

export const newWriter = (): string => randomUUID().slice(0, 13);

export function appenderFor(needs: AppenderNeeds): Appender {
  const writer = newWriter();
  let batches = 0;
  /** Sent, and the answer never came: parts of it may be in their logs. */
  let unclear: Batch | undefined;
  return {
    append: async (events, name) => {
      const { waker, onStep, keys, redis, partitions } = needs;
      const known = unclear?.events === events ? unclear : undefined;
      const batch = name ? { ...name, events } : (known ?? { writer, number: (batches += 1), events });
      if (!name) unclear = batch;
      const groups = groupByPartition(events, partitions);
      const replies = await Promise.all([...groups].map(([partition, own]) => appendTo(needs, batch, partition, own)));
      if (unclear === batch) unclear = undefined;
      await onStep?.('append.logged');
      // the events are in their logs: a bell or a wake-up that fails is the sweep's to heal, never a reason to repeat
      await Promise.allSettled([
        redis.publish(keys.doorbell, [...groups.keys()].join(' ')),
        ...replies.filter(({ mustWake }) => mustWake).map(({ partition }) => waker.wake(partition, 'append')),
      ]);
      await onStep?.('append.woken');
      return { deepest: Math.max(0, ...replies.map(({ depth }) => depth)) };
    },
  };
}

/** All of a partition's part in one script: it is there once, or not at all, however often it is sent. */
async function appendTo(
  { redis, keys }: AppenderNeeds,
  batch: Batch,
  partition: number,
  events: readonly KeyedEvent[],
) {
  const own = keys.partition(partition);
  const args: ScriptArgument[] = [batch.number, REMEMBERED_SECONDS];
  for (let i = 0; i < events.length; i += EVENTS_PER_ENTRY) {
    const fields = entryFields(events.slice(i, i + EVENTS_PER_ENTRY));
    args.push(fields.length, ...fields);
  }
  const reply = await appendScript.run(redis, [own.log, own.meta, own.appended(batch.writer)], args);
  const [mustWake, depth] = reply as [number, number];
  return { partition, mustWake: mustWake === 1, depth };
}

function groupByPartition(events: readonly KeyedEvent[], partitions: number): Map<number, KeyedEvent[]> {
  const groups = new Map<number, KeyedEvent[]>();
  for (const event of events) {
    const partition = partitionOf(event.key, partitions);
    const group = groups.get(partition);
    if (group === undefined) groups.set(partition, [event]);
    else group.push(event);
  }
  return groups;
}
