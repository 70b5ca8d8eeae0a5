// "Gap g waits for its repair": what is to be done stands in the gap ledger, the job names the gap.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const repairGapsQueue = defineQueue({
  name: 'repair-gaps',
  does: 'Finds again what happened while no socket was live.',
  schema: z.object({ gapId: z.string().max(64) }),
  id: 'the gap id: a gap has one job however often it is announced',
  // the ledger says what came of it; a kept job would stand in the way of trying the gap again
  retention: { completed: { age: 0, count: 0 }, failed: { age: 0, count: 0 } },
});
