// Open messaging: messages, events and receipts that come in from outside, through the one integration there is.
// Invariant: one sender has one open conversation; a receipt moves the status of its message forward only.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ContactCentre } from '../../centre/centre.ts';
import type { Identifier } from '../../centre/contact-book.ts';
import { findMessage } from '../../conversation/message-resource.ts';
import type { MessageMedia, MessageStatus } from '../../conversation/snapshot.ts';
import type { Driver } from '../../driver/driver.ts';
import { notFound, parse } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { tooBusy } from './messages.ts';
import { pageOf } from './paging.ts';

const MAX_TEXT = 10_000;
const text = (max: number): z.ZodString => z.string().max(max);

const senderSchema = z.object({
  id: text(200).min(1),
  idType: z.enum(['Email', 'Phone', 'Opaque']),
  nickname: text(200).optional(),
  firstName: text(200).optional(),
  lastName: text(200).optional(),
  image: text(2000).optional(),
  email: text(500).optional(),
});
type Sender = z.output<typeof senderSchema>;
const attachmentSchema = z.object({
  id: text(200).optional(),
  mediaType: text(100).optional(),
  url: text(2000),
  mime: text(200).optional(),
  filename: text(500).optional(),
  contentSizeBytes: z.number().int().min(0).optional(),
});
const messageSchema = z
  .object({
    channel: z.object({ from: senderSchema, time: z.iso.datetime({ offset: true }), messageId: text(200).optional() }),
    text: text(MAX_TEXT).optional(),
    content: z.array(z.object({ attachment: attachmentSchema.optional() })).max(10).default([]),
    metadata: z.record(text(200), text(1000)).optional(),
  })
  .refine(({ text: written, content }) => (written ?? '') !== '' || content.length > 0, 'needs a text or a content'); // prettier-ignore
type Inbound = z.output<typeof messageSchema>;
const eventSchema = z.object({
  channel: z.object({ from: senderSchema, time: z.iso.datetime({ offset: true }) }),
  events: z.array(z.object({ eventType: z.enum(['Typing', 'Presence']) })).min(1).max(10),
}); // prettier-ignore
const receiptSchema = z.object({
  id: text(100),
  channel: z.object({ to: z.looseObject({ id: text(200) }), time: z.iso.datetime({ offset: true }) }),
  status: z.enum(['Sent', 'Delivered', 'Read', 'Failed']),
  reasons: z.array(z.looseObject({})).max(10).optional(),
  isFinalReceipt: z.boolean().optional(),
});
const STATUSES: Readonly<Record<z.output<typeof receiptSchema>['status'], MessageStatus>> = {
  Sent: 'sent',
  Delivered: 'delivery-success',
  Read: 'read',
  Failed: 'delivery-failed',
};
const querySchema = z.object({ prefetchConversationId: z.stringbool().default(false) });
const paramsSchema = z.object({ integrationId: z.string() });

export interface OpenMessagingContext {
  readonly centre: ContactCentre;
  readonly driver: Driver;
}

export function openMessagingRoutes(app: FastifyInstance, context: OpenMessagingContext): void {
  const { centre, driver } = context;
  const path = '/conversations/messages/:integrationId/inbound/open';
  const receive = needs('conversation:message:receive');
  const integrationOf = (params: unknown): string => {
    const { integrationId } = paramsSchema.parse(params);
    if (integrationId !== centre.openIntegrationId) throw notFound('integration');
    return integrationId;
  };

  app.get('/conversations/messaging/integrations/open', needs('messaging:integration:view'), (request) =>
    pageOf(request, [centre.openIntegrationId], integrationResource),
  );
  app.post(`${path}/message`, receive, (request) => {
    const integrationId = integrationOf(request.params);
    const { prefetchConversationId } = parse(querySchema, request.query, 'query parameter');
    const inbound = parse(messageSchema, request.body, 'body');
    const { conversationId, ...message } = takeMessage(context, integrationId, inbound);
    return prefetchConversationId ? { ...message, conversationId } : message;
  });
  app.post(`${path}/event`, receive, (request) => {
    const to = { id: integrationOf(request.params) };
    const { channel, events } = parse(eventSchema, request.body, 'body');
    return {
      id: driver.newId(),
      channel: { platform: 'Open', type: 'Private', to, ...channel },
      type: 'Event',
      events,
    };
  });
  app.post(`${path}/receipt`, receive, (request) => {
    const from = { id: integrationOf(request.params), idType: 'Opaque' };
    const { channel, status, ...receipt } = parse(receiptSchema, request.body, 'body');
    takeReceipt(driver, receipt.id, STATUSES[status]);
    const answered = { platform: 'Open', type: 'Private', from, ...channel };
    return { ...receipt, channel: answered, type: 'Receipt', status, direction: 'Outbound' };
  });
}

function takeMessage(
  { driver }: OpenMessagingContext,
  integrationId: string,
  inbound: Inbound,
): Record<string, unknown> {
  const { channel, content, metadata } = inbound;
  const { from } = channel;
  const { customer } = driver.contacts.meet(identifierOf(from, integrationId), nameOf(from));
  const delivered = driver.threads.receive({
    addresses: { type: 'open', siteId: integrationId, guestId: from.id, guestName: nameOf(from) },
    customer,
    text: inbound.text ?? '',
    media: content.flatMap(({ attachment }) => (attachment === undefined ? [] : [mediaOf(attachment, driver.newId())])),
  });
  if (delivered === undefined) throw tooBusy();
  return {
    id: delivered.message.messageId,
    channel: { platform: 'Open', type: 'Private', to: { id: integrationId }, ...channel },
    type: content.length > 0 ? 'Structured' : 'Text',
    text: inbound.text,
    content: content.map((one) => Object.assign({ contentType: 'Attachment' }, one)),
    metadata,
    conversationId: delivered.conversation.id,
  };
}

function takeReceipt(driver: Driver, messageId: string, status: MessageStatus): void {
  const conversation = driver.findByMessage(messageId);
  const found = conversation === undefined ? undefined : findMessage(conversation, messageId);
  if (conversation === undefined || found === undefined) throw notFound('message');
  driver.threads.receipt(conversation, found.details, status);
}

function identifierOf({ id, idType, email }: Sender, integrationId: string): Identifier {
  if (idType === 'Phone') return { type: 'Phone', value: id };
  if (idType === 'Email') return { type: 'Email', value: id };
  if (email !== undefined) return { type: 'Email', value: email };
  return { type: 'ExternalId', value: id, externalSource: { id: integrationId } };
}

const nameOf = ({ id, nickname, firstName, lastName }: Sender): string =>
  [firstName, lastName].filter((part) => part !== undefined).join(' ') || (nickname ?? id);

const mediaOf = (attachment: z.output<typeof attachmentSchema>, id: string): MessageMedia => ({
  id: attachment.id ?? id,
  url: attachment.url,
  mediaType: attachment.mime ?? 'application/octet-stream',
  contentLengthBytes: attachment.contentSizeBytes ?? 0,
  name: attachment.filename ?? 'file',
});

const integrationResource = (id: string): Record<string, unknown> => ({
  id,
  name: 'Practice integration',
  status: 'Active',
  outboundNotificationWebhookUrl: 'https://example.com/not-called',
  outboundNotificationWebhookSignatureSecretToken: 'practice-only',
  selfUri: `/api/v2/conversations/messaging/integrations/open/${id}`,
});
