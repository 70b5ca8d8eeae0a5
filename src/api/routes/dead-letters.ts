// The dead letters: how many, of which code, and the newest of them without their sealed content. Retrying is done in
// Bull Board.
import { z } from 'zod';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { problemResponse } from '../problem.ts';
import { deadLettersOf, letterSchema, MOST_LETTERS, readDeadLetters } from '../sampling/dead-letters.ts';

const response = z.object({
  waiting: z.number().int().describe('Dead letters that wait for a person'),
  byCode: z.record(z.string(), z.number().int()).describe(`The newest ${MOST_LETTERS} of them by code`),
  letters: z.array(letterSchema).describe('Newest first'),
});

export function deadLetterRoutes(app: App, { redis, queues }: ApiNeeds): void {
  const schema = {
    tags: ['Dead letters'],
    summary: 'What was set aside',
    querystring: z.object({ limit: z.coerce.number().int().min(1).max(MOST_LETTERS).default(20) }),
    response: { 200: response, 400: problemResponse('A parameter is not valid') },
  };
  app.get('/api/v1/dead-letters', { schema }, async ({ query }, reply) => {
    const { waiting, byCode, letters } = await readDeadLetters(redis, deadLettersOf(queues));
    return reply.header('cache-control', 'no-store').send({ waiting, byCode, letters: letters.slice(0, query.limit) });
  });
}
