// "Put these values onto conversation c", and later "see whether they came back". The values lie in it sealed.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const injectAttributesQueue = defineQueue({
  name: 'inject-attributes',
  does: 'Puts a customer’s attributes onto the conversation, those of customers who wait first, and confirms them.',
  schema: z.object({
    conversationId: z.string().min(1).max(64),
    traceId: z.string().min(1).max(120),
    cause: z.string().max(32),
    /** When the enrichment began, epoch ms. */
    startedAt: z.number().int().min(0),
    /** JSON `{values, targets?}`, of a confirmation `{texts, before}`: AES-256-GCM. */
    sealed: z.string().max(400_000),
    /** `confirm`: looks whether what was sent came back. */
    step: z.enum(['inject', 'confirm']).default('inject'),
  }),
  id: 'the trace id, of its confirmation <trace>-confirm: an enrichment is injected once however often its stage runs',
  retention: { completed: { age: 3600, count: 1000 }, failed: 'kept' },
});

export type InjectJob = z.input<typeof injectAttributesQueue.schema>;

export const injectJobId = ({ traceId, step }: Pick<InjectJob, 'traceId' | 'step'>): string =>
  step === 'confirm' ? `${traceId}-confirm` : traceId;
