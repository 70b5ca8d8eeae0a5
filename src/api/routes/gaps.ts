// The gap ledger: when no socket was live, what repaired it, and another try for what was given up.
import { z } from 'zod';
import { GapLedger } from '../../stores/gaps/ledger.ts';
import { keysFor } from '../../stores/redis/keys.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';
import { gapIdSchema, gapListQuerySchema, gapListSchema, gapRepairSchema } from './gaps-schema.ts';

const tags = ['Gaps'];

export function gapRoutes(app: App, { redis, config, log }: ApiNeeds): void {
  const ledger = new GapLedger(redis, keysFor(config.redisPrefix).gaps);

  const list = {
    tags,
    summary: 'Intervals without a live socket, and what repaired each',
    querystring: gapListQuerySchema,
    response: { 200: gapListSchema, 400: problemResponse('A parameter is not valid') },
  };
  app.get('/api/v1/gaps', { schema: list }, async ({ query: { limit } }, reply) => {
    const [summary, gaps] = await Promise.all([ledger.summary(), ledger.list(limit)]);
    return reply.header('cache-control', 'no-store').send({ summary, gaps: [...gaps] });
  });

  const repair = {
    tags,
    summary: 'Try a lost gap again; does nothing to one that is not lost',
    params: z.object({ id: gapIdSchema }),
    response: {
      200: gapRepairSchema,
      400: problemResponse('Not the id of a gap'),
      404: problemResponse('There is no such gap'),
    },
  };
  app.post('/api/v1/gaps/:id/repair', { schema: repair }, async ({ params: { id } }, reply) => {
    if (await ledger.reopen(id)) log.info({ gap: id }, 'a lost gap is tried again');
    const gap = await ledger.find(id);
    if (gap === undefined) throw new ProblemError(404, 'gap_unknown', 'The ledger holds no gap of this id.');
    return reply.send({ id, state: gap.state });
  });
}
