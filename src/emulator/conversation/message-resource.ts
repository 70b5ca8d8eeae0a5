// A message as REST answers it, with the text that no snapshot carries. Invariant: one body for one message, whichever
// path asked for it; receipts are read off the status.
import { textOf } from '../scenarios/thread.ts';
import type { LiveConversation } from './live-conversation.ts';
import type { Message, MessageDetails, MessageMedia, MessageStatus } from './snapshot.ts';

type Fields = Record<string, unknown>;

export interface FoundMessage {
  readonly communication: Message;
  readonly details: MessageDetails;
}

export function findMessage({ snapshot }: LiveConversation, messageId: string): FoundMessage | undefined {
  for (const { messages = [] } of snapshot.participants) {
    for (const communication of messages) {
      const details = communication.messages.find((one) => one.messageId === messageId);
      if (details !== undefined) return { communication, details };
    }
  }
  return undefined;
}

/** Words the receipts have for a status, the last one last. */
const RECEIPTS: Readonly<Record<MessageStatus, readonly string[]>> = {
  queued: [],
  sent: ['Sent'],
  received: [],
  'delivery-success': ['Sent', 'Delivered'],
  'delivery-failed': ['Sent', 'Failed'],
  read: ['Sent', 'Delivered', 'Read'],
};

/** As `GET /api/v2/conversations/messages/{conversationId}/messages/{messageId}` answers. */
export function messageResource(conversation: LiveConversation, { communication, details }: FoundMessage): Fields {
  const { messageId, messageTime, messageStatus, media } = details;
  const outbound = messageStatus !== 'received';
  const text = textOf(conversation, messageId, outbound);
  // The customer's own communication has the customer in `from`, whoever wrote.
  const { toAddress, fromAddress, type } = communication;
  const mirrored = outbound === (communication.peerId === undefined);
  const [from, to] = mirrored ? [toAddress, fromAddress] : [fromAddress, toAddress];
  const direction = outbound ? 'outbound' : 'inbound';
  const channel = {
    platform: type === 'open' ? 'Open' : type === 'webmessaging' ? 'WebMessaging' : 'Sms',
    type: 'Private',
    messageId,
    to: { id: to.addressNormalized },
    from: { id: from.addressNormalized, nickname: from.name },
    time: messageTime,
  };
  return {
    id: messageId,
    providerMessageId: messageId,
    timestamp: messageTime,
    fromAddress: from.addressNormalized,
    toAddress: to.addressNormalized,
    direction,
    messengerType: type,
    status: messageStatus,
    normalizedMessage: { id: messageId, channel, ...content(text, media), direction: capital(direction) },
    normalizedReceipts: RECEIPTS[messageStatus].map((status, index, all) => ({
      id: messageId,
      channel,
      type: 'Receipt',
      status,
      direction: 'Outbound',
      isFinalReceipt: index === all.length - 1 && status !== 'Sent',
    })),
    conversationId: conversation.id,
    selfUri: `/api/v2/conversations/messages/${conversation.id}/messages/${messageId}`,
  };
}

function content(text: string, media: readonly MessageMedia[] | undefined): Fields {
  if (media === undefined) return { type: 'Text', text, originatingEntity: 'Human' };
  const attachments = media.map(({ id, url, mediaType, name, contentLengthBytes }) => ({
    contentType: 'Attachment',
    attachment: { id, url, mime: mediaType, filename: name, contentSizeBytes: contentLengthBytes, mediaType: 'File' },
  }));
  return { type: 'Structured', text, content: attachments, originatingEntity: 'Human' };
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
