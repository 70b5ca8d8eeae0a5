// Waking a partition: one deduplicated job "partition p has work" and a doorbell for an owner that lingers.
// Invariant I2: `act` is set, or the log is empty, or the sweep is due. A lost wake-up costs a sweep, never an event.
import type { DeduplicationOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export type WakeReason = 'append' | 'yield' | 'sweep' | 'resume';

export interface Waker {
  /** Adds the drain job; several calls while one waits or runs make one more job at most. */
  wake(partition: number, reason: WakeReason): Promise<void>;
  /** For a partition whose owner seems gone: under an id of its own, as the dead owner's job may still hold the other. */
  takeOver(partition: number, epoch: string): Promise<void>;
}

/** A takeover whose worker died before it claimed holds its id until BullMQ's lock runs out: asked again after this. */
const TAKE_OVER_EVERY_MS = 1000;

export function wakerFor(queue: Queue): Waker {
  const add = async (partition: number, reason: WakeReason, deduplication: DeduplicationOptions): Promise<void> => {
    await queue.add('drain', { partition, reason }, { deduplication });
  };
  return {
    // without keepLastIfActive a wake that comes between "log is empty" and the job's completion would be swallowed
    wake: (partition, reason) => add(partition, reason, { id: `drain-p${partition}`, keepLastIfActive: true }),
    takeOver: (partition, epoch) =>
      add(partition, 'sweep', { id: `sweep-p${partition}-e${epoch}`, ttl: TAKE_OVER_EVERY_MS }),
  };
}

export interface Doorbell {
  /** How often the bell of a partition rang so far: compare before and after a read. */
  rings(partition: number): number;
  /** Resolves when it has rung beyond `since`, when `ms` have passed, or when the signal aborts. */
  wait(partition: number, since: number, ms: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Listens on `channel`; a message is partition numbers joined by spaces. */
export async function listenToDoorbell(subscriber: Redis, channel: string): Promise<Doorbell> {
  const counts = new Map<number, number>();
  const waiting = new Map<number, Set<() => void>>();
  subscriber.on('message', (_channel: string, message: string) => {
    for (const partition of message.split(' ').map(Number)) {
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
      for (const ring of waiting.get(partition) ?? []) ring();
    }
  });
  await subscriber.subscribe(channel);
  const rings = (partition: number): number => counts.get(partition) ?? 0;
  return {
    rings,
    wait: (partition, since, ms, signal) => {
      if (rings(partition) > since || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const listeners = waiting.get(partition) ?? new Set();
        waiting.set(partition, listeners);
        const finish = (): void => {
          clearTimeout(timer);
          listeners.delete(finish);
          signal.removeEventListener('abort', finish);
          resolve();
        };
        const timer = setTimeout(finish, ms);
        listeners.add(finish);
        signal.addEventListener('abort', finish, { once: true });
      });
    },
    close: async () => {
      await subscriber.unsubscribe(channel).catch(() => undefined);
    },
  };
}
