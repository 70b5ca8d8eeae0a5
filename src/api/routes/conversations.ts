// Conversations in flight and the stored state of one. Invariant: what is shown is what the partitions hold; there is
// no copy of it here.
import { z } from 'zod';
import { conversationStateSchema } from '../../domain/conversation/state.ts';
import { conversationStates } from '../../stores/conversations/states.ts';
import { keysFor } from '../../stores/redis/keys.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';
import { MOST_CONVERSATIONS } from '../sampling/conversations.ts';

const tags = ['Conversations'];

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MOST_CONVERSATIONS).default(50),
  order: z.enum(['oldest', 'newest']).default('newest').describe('Which to give first, by start time'),
});

/** By what a customer is found is nobody's to see, sealed or not. */
const shownState = conversationStateSchema.omit({ identity: true });

const listResponse = z.object({
  at: z.number().int().describe('Epoch milliseconds'),
  inFlight: z.number().int().describe('How many there are in all'),
  conversations: z.array(shownState),
});

export function conversationRoutes(app: App, { redis, config, clock }: ApiNeeds): void {
  const states = conversationStates(redis, keysFor(config.redisPrefix), config.partitions);

  const list = {
    tags,
    summary: 'Conversations in flight',
    querystring: listQuery,
    response: { 200: listResponse, 400: problemResponse('A parameter is not valid') },
  };
  app.get('/api/v1/conversations', { schema: list }, async ({ query }, reply) => {
    const [conversations, inFlight] = await Promise.all([
      states.list({ ...query, perPartition: query.limit }),
      states.count(),
    ]);
    return reply
      .header('cache-control', 'no-store')
      .send({ at: clock.now(), inFlight, conversations: [...conversations] });
  });

  const one = {
    tags,
    summary: 'The stored state of one conversation, for as long as it is remembered',
    params: z.object({ id: z.string().min(1).max(64) }),
    response: { 200: shownState, 404: problemResponse('Nothing is remembered of it') },
  };
  app.get('/api/v1/conversations/:id', { schema: one }, async ({ params }, reply) => {
    const state = await states.read(params.id);
    if (state === undefined) {
      throw new ProblemError(404, 'conversation_unknown', 'Nothing is remembered of a conversation of this id.');
    }
    return reply.header('cache-control', 'no-store').send(state);
  });
}
