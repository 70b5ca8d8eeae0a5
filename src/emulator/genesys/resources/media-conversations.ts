// Conversations per medium: read, disconnected, put on hold, attributes set. Invariant: a change is told like any other;
// a conversation is found under its own medium only.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { RoutedMedia } from '../../centre/roster.ts';
import { conversationResource, MEDIA_PATHS, mediaResource } from '../../conversation/resource.ts';
import type { Driver } from '../../driver/driver.ts';
import { parse, PlatformError } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { setAttributes } from './conversations.ts';
import { conversationOf, participantOf } from './lookup.ts';

const MEDIA = Object.keys(MEDIA_PATHS) as RoutedMedia[];
const disconnectSchema = z.object({ state: z.literal('disconnected') });
const participantSchema = z.object({
  state: z.literal('disconnected').optional(),
  held: z.boolean().optional(),
  muted: z.boolean().optional(),
});

export function mediaConversationRoutes(app: FastifyInstance, driver: Driver): void {
  for (const media of MEDIA) oneMedium(app, driver, media);
}

function oneMedium(app: FastifyInstance, driver: Driver, media: RoutedMedia): void {
  const path = `/conversations/${MEDIA_PATHS[media]}/:conversationId`;
  const disconnecting = needs('conversation:communication:disconnect');

  app.get(path, (request) => mediaResource(conversationOf(driver, request.params, media)));
  app.patch(path, disconnecting, (request) => {
    const conversation = conversationOf(driver, request.params, media);
    parse(disconnectSchema, request.body, 'body');
    driver.disconnect(conversation);
    return conversationResource(conversation);
  });
  app.patch(`${path}/participants/:participantId`, disconnecting, (request, reply) => {
    const conversation = conversationOf(driver, request.params, media);
    const participant = participantOf(conversation, request.params);
    const { state, ...change } = parse(participantSchema, request.body, 'body');
    if (participant.endTime !== undefined) {
      throw new PlatformError(400, 'bad.request', 'The participant has left the conversation');
    }
    if (state === undefined) driver.alter(conversation, participant, change);
    else driver.disconnect(conversation);
    return reply.code(202).send();
  });
  app.patch(`${path}/participants/:participantId/attributes`, (request, reply) =>
    reply.code(202).send({ attributes: setAttributes(driver, request, media) }),
  );
}
