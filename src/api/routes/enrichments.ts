// Enrichment of conversations that somebody names. Invariant: the same conversation under the same run is one
// enrichment, however often it is asked for; what came of it is in the audit, under its trace id.
import { z } from 'zod';
import { bulkTraceId } from '../../runtime/trace-id.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';

export const MOST_ENRICHED = 500;

const body = z.object({
  run: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ and -')
    .describe('A name of your choice: under it a conversation is enriched once'),
  conversationIds: z.array(z.string().min(1).max(64)).min(1).max(MOST_ENRICHED),
});

export const enrichmentsResponseSchema = z.object({
  accepted: z
    .array(z.object({ conversationId: z.string(), traceId: z.string() }))
    .describe('What came of each is in the audit'),
});

export function enrichmentRoutes(app: App, { enrich }: ApiNeeds): void {
  const schema = {
    tags: ['Enrichment'],
    summary: 'Look up the customers of these conversations and put what is known on them; again is harmless',
    body,
    response: {
      202: enrichmentsResponseSchema,
      400: problemResponse('A field is not valid'),
      409: problemResponse('Enrichment is off'),
    },
  };
  app.post('/api/v1/enrichments', { schema }, async (request, reply) => {
    if (enrich === undefined) {
      throw new ProblemError(
        409,
        'enrichment_off',
        'Enrichment is off: set THROUGHLINE_ENRICHMENT=on on API and workers.',
      );
    }
    const { run, conversationIds } = request.body;
    const ids = [...new Set(conversationIds)];
    await enrich(run, ids);
    const accepted = ids.map((conversationId) => ({ conversationId, traceId: bulkTraceId(run, conversationId) }));
    return reply.code(202).send({ accepted });
  });
}
