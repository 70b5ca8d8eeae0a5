// Messages of written conversations: read one or many, write one from a communication, notify a customer without an
// agent. Invariant: a message is found in its own conversation only; what was written is told by its id alone.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Identifier } from '../../centre/contact-book.ts';
import type { LiveConversation } from '../../conversation/live-conversation.ts';
import { findMessage, messageResource, type FoundMessage } from '../../conversation/message-resource.ts';
import type { Message } from '../../conversation/snapshot.ts';
import type { Driver } from '../../driver/driver.ts';
import type { Delivered } from '../../driver/threads.ts';
import { notFound, parse, PlatformError } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { conversationOf } from './lookup.ts';

const MAX_BULK = 1000;
const MAX_TEXT = 2000;
const MAX_SMS = 765;

const paramsSchema = z.object({ messageId: z.string().default(''), communicationId: z.string().default('') });
const bulkSchema = z.array(z.string().max(100)).max(MAX_BULK);
const writeSchema = z.object({ textBody: z.string().min(1).max(MAX_TEXT) });
const agentlessSchema = z.object({
  fromAddress: z.string().min(1).max(200),
  toAddress: z.string().min(1).max(200),
  toAddressMessengerType: z.enum(['sms', 'whatsapp', 'open']),
  textBody: z.string().min(1).max(MAX_TEXT),
  useExistingActiveConversation: z.boolean().default(false),
});
type Agentless = z.output<typeof agentlessSchema>;

export function messageRoutes(app: FastifyInstance, driver: Driver): void {
  const view = needs('conversation:message:view', 'conversation:webmessaging:view');
  const one = '/conversations/messages/:conversationId';

  app.get(`${one}/messages/:messageId`, view, (request) => {
    const conversation = conversationOf(driver, request.params, 'message');
    return messageResource(conversation, messageOf(conversation, paramsSchema.parse(request.params).messageId));
  });
  app.get('/conversations/messages/:messageId/details', view, (request) => {
    const { messageId } = paramsSchema.parse(request.params);
    const conversation = driver.findByMessage(messageId);
    if (conversation === undefined) throw notFound('message');
    return messageResource(conversation, messageOf(conversation, messageId));
  });
  app.post(`${one}/messages/bulk`, view, (request) => {
    const conversation = conversationOf(driver, request.params, 'message');
    const ids = parse(bulkSchema, request.body, 'body');
    const found = ids.map((id) => findMessage(conversation, id)).filter((message) => message !== undefined);
    return { entities: found.map((message) => messageResource(conversation, message)) };
  });
  writingRoutes(app, driver);
}

function writingRoutes(app: FastifyInstance, driver: Driver): void {
  const path = '/conversations/messages/:conversationId/communications/:communicationId/messages';

  app.post(path, needs('conversation:message:create', 'conversation:webmessaging:create'), (request) => {
    const conversation = conversationOf(driver, request.params, 'message');
    const communication = communicationOf(conversation, paramsSchema.parse(request.params).communicationId);
    const { textBody: text } = parse(writeSchema, request.body, 'body');
    const details = driver.threads.write(conversation, communication, { text });
    return messageResource(conversation, { communication, details });
  });
  app.post('/conversations/messages/agentless', needs('conversation:message:create'), (request) => {
    const asked = parse(agentlessSchema, request.body, 'body');
    if (asked.toAddressMessengerType === 'sms' && asked.textBody.length > MAX_SMS) {
      throw new PlatformError(400, 'bad.request', `An SMS has at most ${MAX_SMS} characters`);
    }
    const customer = driver.contacts.meet(identifierOf(asked), asked.toAddress).customer;
    const delivered = driver.threads.notify(
      {
        addresses: {
          type: asked.toAddressMessengerType,
          siteId: asked.fromAddress,
          guestId: asked.toAddress,
          guestName: customer.name,
        },
        customer,
        text: asked.textBody,
      },
      asked.useExistingActiveConversation,
    );
    if (delivered === undefined) throw tooBusy();
    return agentlessAnswer(asked, delivered);
  });
}

export const tooBusy = (): PlatformError =>
  new PlatformError(503, 'service.unavailable', 'Too many conversations are live');

const identifierOf = ({ toAddress: value, toAddressMessengerType: type }: Agentless): Identifier =>
  type === 'open' ? { type: 'ExternalId', value } : { type: type === 'sms' ? 'Phone' : 'SocialWhatsapp', value };

function agentlessAnswer(asked: Agentless, { conversation, message }: Delivered): Record<string, unknown> {
  const { toAddressMessengerType: messengerType, fromAddress, toAddress } = asked;
  return {
    id: message.messageId,
    conversationId: conversation.id,
    fromAddress,
    toAddress,
    messengerType,
    useExistingActiveConversation: asked.useExistingActiveConversation,
    timestamp: message.messageTime,
    selfUri: `/api/v2/conversations/messages/${message.messageId}/details`,
  };
}

function messageOf(conversation: LiveConversation, messageId: string): FoundMessage {
  const message = findMessage(conversation, messageId);
  if (message === undefined) throw notFound('message');
  return message;
}

function communicationOf({ snapshot }: LiveConversation, asked: string): Message {
  const communication = snapshot.participants.flatMap(({ messages = [] }) => messages).find(({ id }) => id === asked);
  if (communication === undefined) throw notFound('communication');
  if (communication.state === 'connected') return communication;
  throw new PlatformError(400, 'bad.request', `The communication is ${communication.state}, not connected`);
}
