// "Ask the CRM about the customer of conversation c": who that is stands, sealed, in the conversation's state.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const lookUpCustomerQueue = defineQueue({
  name: 'look-up-customer',
  does: 'Asks the CRM what it knows of a conversation’s customer, those who wait first.',
  schema: z.object({
    conversationId: z.string().min(1).max(64),
    traceId: z.string().min(1).max(128),
    /** `start`, an agent’s state, or `bulk`. */
    cause: z.string().max(32),
    /** When what caused it was received, epoch ms: the enrichment’s beginning. */
    startedAt: z.number().int().min(0),
  }),
  id: 'the trace id, made of the conversation and the version of its state that caused it: a repeat is the same job',
  // the relay remembers the last output it handed on; this covers the moment between the two
  retention: { completed: { age: 3600, count: 10_000 }, failed: 'kept' },
});

export type LookUpJob = z.output<typeof lookUpCustomerQueue.schema>;
