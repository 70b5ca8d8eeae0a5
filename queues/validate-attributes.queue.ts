// "This is what the CRM knows of the customer of conversation c": sealed, to be held against what the flow takes in.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const validateAttributesQueue = defineQueue({
  name: 'validate-attributes',
  does: 'Holds what the CRM knows of a customer against the types that the flow takes in.',
  schema: z.object({
    conversationId: z.string().min(1).max(64),
    traceId: z.string().min(1).max(128),
    cause: z.string().max(32),
    /** When the enrichment began, epoch ms. */
    startedAt: z.number().int(),
    /** JSON `{attributes, freshness}`: AES-256-GCM. */
    sealed: z.string().max(4_000_000),
  }),
  id: 'the trace id: an enrichment is validated once however often its look-up runs',
  // the audit has what became of it; a customer's data, sealed or not, is no use a day later
  retention: { completed: { age: 3600, count: 1000 }, failed: { age: 86_400, count: 1000 } },
});

export type ValidateJob = z.output<typeof validateAttributesQueue.schema>;
