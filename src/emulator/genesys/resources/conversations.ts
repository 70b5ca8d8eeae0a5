// Conversations: read one, and set attributes of a participant. Invariant: attributes are strings, merged by key a
// moment after the answer, and then told like any other change.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RoutedMedia } from '../../centre/roster.ts';
import { conversationResource } from '../../conversation/resource.ts';
import type { Driver } from '../../driver/driver.ts';
import { parse, PlatformError } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { conversationOf, participantOf } from './lookup.ts';

/** Our bound, so that a snapshot stays a snapshot: the platform's own is not published. */
const MAX_ATTRIBUTES = 200;
const MAX_ATTRIBUTE_CHARACTERS = 4096;

const attributesSchema = z.object({
  attributes: z.record(z.string().min(1).max(256), z.string().max(MAX_ATTRIBUTE_CHARACTERS)),
});

export function conversationRoutes(app: FastifyInstance, driver: Driver): void {
  const view = needs('conversation:communication:view');

  // Those of the logged-in user, of whom client credentials have none: it recovers nothing, and says so politely.
  app.get('/conversations', () => ({ entities: [] }));
  app.get('/conversations/:conversationId', view, (request) =>
    conversationResource(conversationOf(driver, request.params)),
  );
  app.patch('/conversations/:conversationId/participants/:participantId/attributes', (request, reply) => {
    setAttributes(driver, request);
    return reply.code(202).send();
  });
}

/** The attributes as they will be. */
export function setAttributes(driver: Driver, request: FastifyRequest, media?: RoutedMedia): Record<string, string> {
  const conversation = conversationOf(driver, request.params, media);
  const participant = participantOf(conversation, request.params);
  const { attributes } = parse(attributesSchema, request.body, 'body');
  const merged = { ...participant.attributes, ...attributes };
  if (Object.keys(merged).length > MAX_ATTRIBUTES) {
    throw new PlatformError(400, 'bad.request', `A participant has at most ${MAX_ATTRIBUTES} attributes`);
  }
  driver.mergeAttributes(conversation, participant.id, attributes);
  return merged;
}
