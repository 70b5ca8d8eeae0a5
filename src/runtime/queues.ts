// Opens declared queues. Invariant: every producer of a queue has the same retention, taken from its declaration, so a
// job's fate does not depend on who added it. One attempt unless the stage's retry policy says more.
import { Queue } from 'bullmq';
import type { RedisConnectionOptions } from '../stores/redis/connect.ts';
import type { Keys } from '../stores/redis/keys.ts';

/** The part of a queue's declaration that opening it needs (see queues/define-queue.ts). */
export interface OpenableQueue {
  readonly name: string;
  readonly retention: {
    readonly completed: { readonly age: number; readonly count: number };
    readonly failed: { readonly age: number; readonly count: number } | 'kept';
  };
}

export function retentionOf({ retention }: OpenableQueue) {
  return {
    removeOnComplete: { ...retention.completed },
    removeOnFail: retention.failed === 'kept' ? false : { ...retention.failed },
  };
}

export function openQueue(
  declared: OpenableQueue,
  connection: RedisConnectionOptions,
  keys: Keys,
  onError: (error: Error) => void,
): Queue {
  const queue = new Queue(declared.name, {
    connection,
    prefix: keys.bull(declared.name),
    defaultJobOptions: { ...retentionOf(declared), attempts: 1, backoff: { type: 'stage' } },
  });
  queue.on('error', onError);
  return queue;
}
