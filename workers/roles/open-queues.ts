// The queues as a process holds them: every declared one, opened once, closed together.
import type { Queue } from 'bullmq';
import { dailyQuota } from '../../src/runtime/dead-letter-quota.ts';
import { deadLettersTo, type DeadLetters } from '../../src/runtime/dead-letters.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import type { Seal } from '../../src/runtime/seal.ts';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { repairGapsQueue } from '../../queues/repair-gaps.queue.ts';
import { slaDeadlinesQueue } from '../../queues/sla-deadlines.queue.ts';
import { syncCrmQueue } from '../../queues/sync-crm.queue.ts';
import { updateConversationQueue } from '../../queues/update-conversation.queue.ts';
import type { Foundation } from './foundation.ts';

export interface OpenQueues {
  readonly partitions: Queue;
  readonly syncCrm: Queue;
  readonly slaDeadlines: Queue;
  readonly updateConversation: Queue;
  readonly deadLetters: Queue;
  readonly repairGaps: Queue;
  close(): Promise<void>;
}

export function openQueues({ connection, keys, onRedisError }: Foundation): OpenQueues {
  const partitions = openQueue(partitionsQueue, connection, keys, onRedisError);
  const syncCrm = openQueue(syncCrmQueue, connection, keys, onRedisError);
  const slaDeadlines = openQueue(slaDeadlinesQueue, connection, keys, onRedisError);
  const updateConversation = openQueue(updateConversationQueue, connection, keys, onRedisError);
  const deadLetters = openQueue(deadLettersQueue, connection, keys, onRedisError);
  const repairGaps = openQueue(repairGapsQueue, connection, keys, onRedisError);
  return {
    partitions,
    syncCrm,
    slaDeadlines,
    updateConversation,
    deadLetters,
    repairGaps,
    close: async () => {
      const all = [partitions, syncCrm, slaDeadlines, updateConversation, deadLetters, repairGaps];
      await Promise.all(all.map((queue) => queue.close()));
    },
  };
}

/** About 50 MB of 5 KB events. */
const UNKNOWN_TOPICS_A_DAY = 10_000;

export const deadLetterBox = ({ redis, keys }: Foundation, queues: OpenQueues, seal: Seal): DeadLetters =>
  deadLettersTo({
    queue: queues.deadLetters,
    seal,
    unknownTopics: dailyQuota(redis, keys.unknownTopics, UNKNOWN_TOPICS_A_DAY),
  });
