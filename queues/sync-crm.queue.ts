// "Batch n is cut and must reach the CRM": the records stay in the shared buffer, the job names the batch.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const syncCrmQueue = defineQueue({
  name: 'sync-crm',
  does: 'Sends a cut batch of records to the CRM under its idempotency key.',
  schema: z.object({
    batchId: z.string().max(64),
    trigger: z.enum(['size', 'bytes', 'interval', 'shutdown', 'split']),
  }),
  id: 'the batch id: a batch has one job however often it is announced',
  retention: { completed: { age: 3600, count: 1000 }, failed: 'kept' },
});
