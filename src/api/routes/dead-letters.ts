// The dead letters: how many, of which code, those that match a filter page by page, and one with all its evidence.
// Invariant: content leaves this process sealed or not at all.
import { z } from 'zod';
import { findLetters, placesOf, readLetters, type LetterBox } from '../../stores/dead-letters/scan.ts';
import type { LetterFilter } from '../../stores/dead-letters/letter.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';
import { deadLettersOf, readDeadLetters } from '../sampling/dead-letters.ts';
import { cursorOf, filterOf, idSchema, letterResponseSchema, listQuerySchema, listResponseSchema, placeOf } from './dead-letters-schema.ts'; // prettier-ignore

const tags = ['Dead letters'];
/** A scan reads up to 64 MB; a slow network between here and Redis is given its time. */
export const SCAN_WITHIN_MS = 30_000;

export function deadLetterRoutes(app: App, needs: ApiNeeds): void {
  listRoute(app, needs);
  letterRoute(app, needs);
}

function listRoute(app: App, needs: ApiNeeds): void {
  const { redis, queues, clock } = needs;
  const schema = {
    tags,
    summary: 'What was set aside',
    querystring: listQuerySchema,
    response: { 200: listResponseSchema, 400: problemResponse('A parameter is not valid') },
  };
  app.get('/api/v1/dead-letters', { schema, handlerTimeout: SCAN_WITHIN_MS }, async ({ query }, reply) => {
    const filter = soundFilter(filterOf(query, clock.now()));
    const box = letterBox(needs);
    const [{ waiting, byCode }, page] = await Promise.all([
      readDeadLetters(redis, deadLettersOf(queues)),
      findLetters(box, filter, { limit: query.limit, after: placeOf(query.cursor) }),
    ]);
    const answer = { waiting, byCode, letters: [...page.letters], next: cursorOf(page.next) };
    return reply.header('cache-control', 'no-store').send(answer);
  });
}

function letterRoute(app: App, needs: ApiNeeds): void {
  const schema = {
    tags,
    summary: 'One dead letter that waits for a person, with all its evidence',
    params: z.object({ id: idSchema }),
    querystring: z.object({
      sealed: z.enum(['true', 'false']).default('false').describe('With its content, sealed as it is kept'),
    }),
    response: {
      200: letterResponseSchema,
      400: problemResponse('A parameter is not valid'),
      404: problemResponse('No such letter waits'),
    },
  };
  app.get('/api/v1/dead-letters/:id', { schema }, async ({ params: { id }, query }, reply) => {
    const box = letterBox(needs);
    const [found] = await readLetters(box, await placesOf(box, [id]));
    if (found === undefined) {
      const detail = 'No dead letter of this id waits: it was replayed or discarded, is being replayed, or never was.';
      throw new ProblemError(404, 'dead_letter_unknown', detail);
    }
    const { letter, sealed } = found;
    const answer = query.sealed === 'true' && sealed !== undefined ? { ...letter, sealed } : letter;
    return reply.header('cache-control', 'no-store').send(answer);
  });
}

export function letterBox({ redis, queues }: Pick<ApiNeeds, 'redis' | 'queues'>): LetterBox {
  const queue = deadLettersOf(queues);
  if (queue === undefined) throw new ProblemError(503, 'no_dead_letters', 'This process serves no dead letters.');
  return { redis, queue };
}

export function soundFilter(filter: ReturnType<typeof filterOf>): LetterFilter {
  if ('fault' in filter) throw new ProblemError(400, 'invalid_request', filter.fault);
  return filter;
}
