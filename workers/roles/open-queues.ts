// The queues as a process holds them: every declared one, opened once, closed together.
import type { Queue } from 'bullmq';
import type { z } from 'zod';
import { dailyQuota } from '../../src/runtime/dead-letter-quota.ts';
import { deadLettersTo, type DeadLetters } from '../../src/runtime/dead-letters.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import type { Seal } from '../../src/runtime/seal.ts';
import type { QueueDefinition } from '../../queues/define-queue.ts';
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

const DECLARED = {
  partitions: partitionsQueue,
  syncCrm: syncCrmQueue,
  slaDeadlines: slaDeadlinesQueue,
  updateConversation: updateConversationQueue,
  lookUpCustomer: lookUpCustomerQueue,
  validateAttributes: validateAttributesQueue,
  injectAttributes: injectAttributesQueue,
  announceEnrichment: announceEnrichmentQueue,
  deliverWebhooks: deliverWebhooksQueue,
  recordAudit: recordAuditQueue,
  deadLetters: deadLettersQueue,
  repairGaps: repairGapsQueue,
} as const;

export type QueueName = keyof typeof DECLARED;
export type JobOf<Q extends QueueName> = z.output<(typeof DECLARED)[Q]['schema']>;

const schemas: { readonly [Q in QueueName]: { readonly schema: z.ZodType<JobOf<Q>> } } = DECLARED;

export const schemaOf = <Q extends QueueName>(name: Q): z.ZodType<JobOf<Q>> => schemas[name].schema;

export interface OpenQueues extends Readonly<Record<QueueName, Queue>> {
  /** All of them with what they were declared as, in the order in which people read them. */
  readonly all: readonly (QueueDefinition & { readonly queue: Queue })[];
  close(): Promise<void>;
}

export function openQueues({ connection, keys, onRedisError }: Foundation): OpenQueues {
  const names = Object.keys(DECLARED) as QueueName[];
  const opened = names.map((name) => [name, openQueue(DECLARED[name], connection, keys, onRedisError)] as const);
  return {
    ...(Object.fromEntries(opened) as Record<QueueName, Queue>),
    all: opened.map(([name, queue]) => ({ ...DECLARED[name], queue })),
    close: async () => {
      await Promise.all(opened.map(([, queue]) => queue.close()));
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
