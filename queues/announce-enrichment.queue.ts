// "A conversation was enriched: tell whoever wants to know". The attributes lie in it sealed.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const announceEnrichmentQueue = defineQueue({
  name: 'announce-enrichment',
  does: 'Tells webhook targets that a conversation was enriched.',
  schema: z.object({
    conversationId: z.string().min(1).max(64),
    traceId: z.string().min(1).max(128),
    /** When it was, epoch ms. */
    at: z.number().int().min(0),
    /** JSON `{attributes}`: AES-256-GCM. */
    sealed: z.string().max(400_000),
  }),
  id: 'the trace id: an enrichment is announced once however often its stage runs',
  retention: { completed: { age: 3600, count: 1000 }, failed: 'kept' },
});

export type AnnounceJob = z.output<typeof announceEnrichmentQueue.schema>;
