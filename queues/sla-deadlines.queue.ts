// "At that hour a promise to conversation c can move by itself": a delayed job that rings, and decides nothing.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const slaDeadlinesQueue = defineQueue({
  name: 'sla-deadlines',
  does: 'Rings when a deadline of a conversation has come; its partition decides what that means.',
  schema: z.object({ conversationId: z.string().min(1).max(64), at: z.number().int().min(0) }),
  id: '<conversation>-<version that set it>: never used again, so a repeat is the same job and a removal hits no other',
  // one that has rung is known by what it changed
  retention: { completed: { age: 0, count: 0 }, failed: 'kept' },
});
