// The queues as a process holds them: every declared one, opened once, closed together.
import type { Queue } from 'bullmq';
import { openQueue } from '../../src/runtime/queues.ts';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { syncCrmQueue } from '../../queues/sync-crm.queue.ts';
import type { Foundation } from './foundation.ts';

export interface OpenQueues {
  readonly partitions: Queue;
  readonly syncCrm: Queue;
  readonly deadLetters: Queue;
  close(): Promise<void>;
}

export function openQueues({ connection, keys, onRedisError }: Foundation): OpenQueues {
  const partitions = openQueue(partitionsQueue, connection, keys, onRedisError);
  const syncCrm = openQueue(syncCrmQueue, connection, keys, onRedisError);
  const deadLetters = openQueue(deadLettersQueue, connection, keys, onRedisError);
  return {
    partitions,
    syncCrm,
    deadLetters,
    close: async () => {
      await Promise.all([partitions.close(), syncCrm.close(), deadLetters.close()]);
    },
  };
}
