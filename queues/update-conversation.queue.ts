// "An update of a conversation is ready to be written": it stays in the shared buffer, the job names its batch of one.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const updateConversationQueue = defineQueue({
  name: 'update-conversation',
  does: 'Writes what a move says onto the conversation itself, merged with what others wrote there.',
  schema: z.object({
    batchId: z.string().max(64),
    trigger: z.enum(['size', 'bytes', 'interval', 'shutdown', 'split']),
  }),
  id: 'the batch id: an update has one job however often it is announced',
  retention: { completed: { age: 3600, count: 1000 }, failed: 'kept' },
});
