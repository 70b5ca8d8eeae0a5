// Append: events to the ends of their partitions' logs, then the wake-up. Invariant: an event is accepted only when its
// XADD was answered; a crash before the wake-up is healed by the sweep.
import type { ChainableCommander, Redis } from 'ioredis';
import type { IncomingEvent } from '../runtime/partition-handler.ts';
import type { OnStep } from '../runtime/steps.ts';
import type { Keys } from '../stores/redis/keys.ts';
import { entryFields, EVENTS_PER_ENTRY } from './log-entry.ts';
import { partitionOf } from './partition-of.ts';
import type { Waker } from './wake.ts';

export interface KeyedEvent extends IncomingEvent {
  /** Decides the partition: the conversation id. */
  readonly key: string;
}

export interface Appended {
  /** Log entries waiting in the fullest partition that was touched. */
  readonly deepest: number;
}

export interface Appender {
  /** All or an error; after an error the caller repeats the whole call (a repeated event changes nothing). */
  append(events: readonly KeyedEvent[]): Promise<Appended>;
}

export interface AppenderNeeds {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly partitions: number;
  readonly waker: Waker;
  readonly onStep?: OnStep | undefined;
}

export function appenderFor({ redis, keys, partitions, waker, onStep }: AppenderNeeds): Appender {
  return {
    append: async (events) => {
      const byPartition = groupByPartition(events, partitions);
      const pipeline = redis.pipeline();
      for (const [partition, own] of byPartition) addEntries(pipeline, keys, partition, own);
      pipeline.publish(keys.doorbell, [...byPartition.keys()].join(' '));
      const replies = (await pipeline.exec()) ?? [];
      const failed = replies.find(([error]) => error !== null);
      if (failed?.[0]) throw failed[0];
      await onStep?.('append.logged');

      let at = 0;
      let deepest = 0;
      const asleep: number[] = [];
      for (const [partition, own] of byPartition) {
        at += Math.ceil(own.length / EVENTS_PER_ENTRY);
        if (replies[at]?.[1] === 1) asleep.push(partition);
        deepest = Math.max(deepest, Number(replies[at + 1]?.[1] ?? 0));
        at += 2;
      }
      await Promise.all(asleep.map((partition) => waker.wake(partition, 'append')));
      if (asleep.length > 0) await onStep?.('append.woken');
      return { deepest };
    },
  };
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

function addEntries(pipeline: ChainableCommander, keys: Keys, partition: number, events: readonly KeyedEvent[]): void {
  const { log, meta } = keys.partition(partition);
  for (let i = 0; i < events.length; i += EVENTS_PER_ENTRY) {
    pipeline.xadd(log, '*', ...entryFields(events.slice(i, i + EVENTS_PER_ENTRY)));
  }
  pipeline.hsetnx(meta, 'act', '1');
  pipeline.xlen(log);
}
