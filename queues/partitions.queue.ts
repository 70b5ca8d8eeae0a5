// "Partition p has work": the wake-up of the partition log. The job carries no event; losing one loses nothing.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const partitionsQueue = defineQueue({
  name: 'partitions',
  does: 'Wakes a worker for a partition whose log has events.',
  schema: z.object({ partition: z.number().int().min(0), reason: z.enum(['append', 'yield', 'sweep', 'resume']) }),
  id: 'made by BullMQ; deduplicated per partition with keepLastIfActive',
  retention: { completed: { age: 60, count: 100 }, failed: { age: 86_400, count: 1000 } },
});
