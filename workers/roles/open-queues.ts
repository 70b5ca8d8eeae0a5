// The queues as a process holds them: every declared one, opened once, closed together.
import type { Queue } from 'bullmq';
import { dailyQuota } from '../../src/runtime/dead-letter-quota.ts';
import { deadLettersTo, type DeadLetters } from '../../src/runtime/dead-letters.ts';
import { openQueue, type OpenableQueue } from '../../src/runtime/queues.ts';
import type { Seal } from '../../src/runtime/seal.ts';
import { announceEnrichmentQueue } from '../../queues/announce-enrichment.queue.ts';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { lookUpCustomerQueue } from '../../queues/look-up-customer.queue.ts';
import { injectAttributesQueue } from '../../queues/inject-attributes.queue.ts';
import { deliverWebhooksQueue } from '../../queues/deliver-webhooks.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { recordAuditQueue } from '../../queues/record-audit.queue.ts';
import { repairGapsQueue } from '../../queues/repair-gaps.queue.ts';
import { slaDeadlinesQueue } from '../../queues/sla-deadlines.queue.ts';
import { syncCrmQueue } from '../../queues/sync-crm.queue.ts';
import { updateConversationQueue } from '../../queues/update-conversation.queue.ts';
import { validateAttributesQueue } from '../../queues/validate-attributes.queue.ts';
import type { Foundation } from './foundation.ts';

export interface OpenQueues {
  readonly partitions: Queue;
  readonly syncCrm: Queue;
  readonly slaDeadlines: Queue;
  readonly updateConversation: Queue;
  readonly deadLetters: Queue;
  readonly repairGaps: Queue;
  readonly lookUpCustomer: Queue;
  readonly validateAttributes: Queue;
  readonly injectAttributes: Queue;
  readonly announceEnrichment: Queue;
  readonly recordAudit: Queue;
  readonly deliverWebhooks: Queue;
  close(): Promise<void>;
}

export function openQueues({ connection, keys, onRedisError }: Foundation): OpenQueues {
  const open = (declared: OpenableQueue): Queue => openQueue(declared, connection, keys, onRedisError);
  const queues = {
    partitions: open(partitionsQueue),
    syncCrm: open(syncCrmQueue),
    slaDeadlines: open(slaDeadlinesQueue),
    updateConversation: open(updateConversationQueue),
    deadLetters: open(deadLettersQueue),
    repairGaps: open(repairGapsQueue),
    lookUpCustomer: open(lookUpCustomerQueue),
    validateAttributes: open(validateAttributesQueue),
    injectAttributes: open(injectAttributesQueue),
    announceEnrichment: open(announceEnrichmentQueue),
    recordAudit: open(recordAuditQueue),
    deliverWebhooks: open(deliverWebhooksQueue),
  };
  return {
    ...queues,
    close: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
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
