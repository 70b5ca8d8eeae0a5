// Conversations: read one, and set attributes of a participant. Invariant: attributes are strings, merged by key a
// moment after the 202, and then told like any other change.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { conversationResource, type LiveConversation } from '../../conversation/live-conversation.ts';
import type { Driver } from '../../driver/driver.ts';
import { notFound, parse, PlatformError } from '../error-body.ts';

/** Our bound, so that a snapshot stays a snapshot: the platform's own is not published. */
const MAX_ATTRIBUTES = 200;
const MAX_ATTRIBUTE_CHARACTERS = 4096;

const attributesSchema = z.object({
  attributes: z.record(z.string().min(1).max(256), z.string().max(MAX_ATTRIBUTE_CHARACTERS)),
});
const paramsSchema = z.object({ conversationId: z.string(), participantId: z.string().optional() });

export function conversationRoutes(app: FastifyInstance, driver: Driver): void {
  const conversationOf = (params: unknown): LiveConversation => {
    const conversation = driver.find(paramsSchema.parse(params).conversationId);
    if (conversation === undefined) throw notFound('conversation');
    return conversation;
  };

  app.get('/conversations/:conversationId', (request) => conversationResource(conversationOf(request.params)));

  app.patch('/conversations/:conversationId/participants/:participantId/attributes', (request, reply) => {
    const conversation = conversationOf(request.params);
    const { participantId } = paramsSchema.parse(request.params);
    const participant = conversation.snapshot.participants.find(({ id }) => id === participantId);
    if (participant === undefined) throw notFound('participant');
    const { attributes } = parse(attributesSchema, request.body, 'body');
    const merged = new Set([...Object.keys(participant.attributes), ...Object.keys(attributes)]);
    if (merged.size > MAX_ATTRIBUTES) {
      throw new PlatformError(400, 'bad.request', `A participant has at most ${MAX_ATTRIBUTES} attributes`);
    }
    driver.mergeAttributes(conversation, participant.id, attributes);
    return reply.code(202).send();
  });
}
