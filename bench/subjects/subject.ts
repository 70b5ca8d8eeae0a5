// What is compared: a way to get events from a feeder through validation and a state machine in worker processes.
// Invariant: every subject runs the same handler (same parsing, same validation, same states) and keeps its states in
// Redis as JSON; all but the bare lists also give the CRM its records in batches of 50.
import type { Redis } from 'ioredis';
import type { KeyedEvent } from '../../src/partitions/append.ts';
import type { Workload } from '../workloads/workload.ts';

export interface Setting {
  readonly redisUrl: string;
  readonly workload: Workload;
}

export interface Place extends Setting {
  /** Of the product, where a subject runs it with its own configuration. */
  readonly settings: Readonly<Record<string, string>>;
  /** Told after `events` more have had their effect. */
  readonly applied: (events: number) => void;
  /** Where latency is asked for: told for each event the ms from its `receivedAt` to its commit. */
  readonly committed?: ((ms: number) => void) | undefined;
}

export interface Feeder {
  append(events: readonly KeyedEvent[]): Promise<void>;
  close(): Promise<void>;
}

/** What a subject sends to, in the process that measures. */
export interface Outside {
  /** For its workers. */
  readonly settings: Readonly<Record<string, string>>;
  /** What has come so far, by name. */
  taken(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  readonly processes: number;
  /** Share of the events it is given: a slow one would take minutes. */
  readonly share: number;
  /** Opened for each round. */
  open?(): Promise<Outside>;
  feed(setting: Setting): Promise<Feeder>;
  /** Resolves when it works; it goes on until its process ends. */
  work(place: Place): Promise<void>;
  stateKey(conversationId: string): string;
  /** How many events are done, where Redis knows it; else the workers are asked. */
  done?(redis: Redis): Promise<number>;
}

/** As many as the ingester appends at once. */
export const CHUNK = 1000;

export function* chunksOf<T>(items: readonly T[], size = CHUNK): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

export function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
