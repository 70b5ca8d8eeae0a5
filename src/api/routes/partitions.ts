// Resuming a partition that a poison flood has paused.
import { z } from 'zod';
import { keysFor } from '../../stores/redis/keys.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';

export function partitionRoutes(app: App, { redis, config, resumePartition, log }: ApiNeeds): void {
  const keys = keysFor(config.redisPrefix);
  const schema = {
    tags: ['Partitions'],
    summary: 'Clear the pause of a partition and wake it; does nothing to one that is not paused',
    params: z.object({ id: z.coerce.number().int().min(0).max(255) }),
    response: {
      200: z.object({ partition: z.number().int(), resumed: z.boolean().describe('Whether it was paused') }),
      400: problemResponse('Not a partition number'),
      404: problemResponse('There is no such partition'),
    },
  };
  app.post('/api/v1/partitions/:id/resume', { schema }, async ({ params: { id } }, reply) => {
    if (id >= config.partitions) {
      throw new ProblemError(404, 'partition_unknown', `Partitions are numbered 0 to ${config.partitions - 1}.`);
    }
    const paused = (await redis.hexists(keys.partition(id).meta, 'paused')) === 1;
    if (paused) {
      await resumePartition(id);
      log.info({ partition: id }, 'a paused partition was resumed');
    }
    return reply.send({ partition: id, resumed: paused });
  });
}
