// An envelope as an observation. Invariants: throws nothing but Poison that names the field; bodies and texts never get
// into an observation; an observation belongs to the conversation by which its envelope was routed.
import type { MessageFact, MessageStatus, Observation, ParticipantFacts } from '../domain/observation.ts';
import type { Direction } from '../domain/observation.ts';
import { isCustomer } from '../domain/conversation/lifecycle.ts';
import { latest } from '../domain/conversation/facts.ts';
import { customerFacts } from '../genesys/codec/customer.ts';
import { instantOrNone, present } from '../genesys/codec/fields.ts';
import { parseJson } from '../genesys/codec/json.ts';
import { directionOf, mediaOf, messageStatusOf } from '../genesys/codec/vocabulary.ts';
import { MalformedEnvelope, readEnvelope, type Envelope, type EnvelopeMessage, type ParticipantEvent } from './envelope.ts'; // prettier-ignore
import { routeByHead } from './route.ts';

/** Holds the messages of an envelope that names no participant; nobody else can have this name by chance. */
const NOBODY = 'unattributed';

export function decodeEnvelope(raw: string, receivedAt: number): Observation {
  const parsed = parseJson(raw);
  if (parsed === undefined) throw new MalformedEnvelope('envelope_not_json', 'envelope', 'the envelope is not JSON');
  const observation = observe(readEnvelope(parsed), receivedAt);
  const key = routeByHead(raw);
  if (key === undefined || key === observation.conversationId) return observation;
  // JSON may repeat a key: then the head that routed it and the parsed whole can name two conversations
  throw new MalformedEnvelope(
    'envelope_misrouted',
    'conversationId',
    'conversationId: expected one conversation id, found two',
  );
}

export function observe(envelope: Envelope, receivedAt: number): Observation {
  const { eventType, conversationId, payload } = envelope;
  const eventTime = envelope.timestamp ?? payload.timestamp ?? undefined;
  const messages = payload.messages ?? [];
  const lastUtteranceAt = lastUtterance(messages, eventTime ?? receivedAt);
  const dropped = messages.reduce((sum, message) => sum + attachmentsOf(message).dropped, 0);
  const facts: ParticipantFacts = {
    participantId: payload.participantId ?? NOBODY,
    version: payload.version ?? undefined,
    purpose: present(payload.purpose?.toLowerCase()),
    userId: payload.userId ?? undefined,
    queueId: payload.queueId ?? undefined,
    externalContactId: payload.externalContactId ?? undefined,
    media: mediaOf(payload.media) ?? (isWritten(envelope) ? 'message' : undefined),
    direction: directionOf(payload.direction),
    ...(eventType.subject === 'participant' ? moved(eventType.verb, eventTime ?? receivedAt) : {}),
    messages: messages.length === 0 ? undefined : messages.map((message) => messageFact(message, envelope, receivedAt)),
    ...customerFacts({ ...payload, purpose: payload.purpose?.toLowerCase() }, {}),
  };
  return {
    conversationId,
    source: 'envelope',
    receivedAt,
    eventTime,
    participants: [facts],
    ...(lastUtteranceAt === undefined ? {} : { transcription: { lastUtteranceAt, ended: false } }),
    ...(dropped === 0 ? {} : { attachmentsDropped: dropped }),
  };
}

/** What is transcribed was spoken: only the payload can tell the medium then. */
const isWritten = ({ eventType, payload }: Envelope): boolean =>
  eventType.subject === 'message' && !payload.messages?.some((message) => message.transcriptSegments?.length);

/** Who left had been there: its end is the latest time at which it can have been connected. */
function moved(event: ParticipantEvent, at: number): Partial<ParticipantFacts> {
  switch (event) {
    case 'joined':
    case 'added':
      return { activity: 'alerting', joinedAt: at };
    case 'connected':
      return { activity: 'connected', connectedAt: at };
    case 'left':
    case 'removed':
      return { activity: 'ended', connectedAt: at, endedAt: at };
    default:
      return { activity: 'ended', endedAt: at };
  }
}

function messageFact(message: EnvelopeMessage, envelope: Envelope, receivedAt: number): MessageFact {
  const direction = sentBy(message, envelope);
  const { deliveredTime, readTime } = message.deliveryReceipt ?? {};
  return {
    messageId: message.id,
    direction,
    status: statusOf(message, envelope, direction),
    sentAt: message.createdTime ?? envelope.timestamp ?? envelope.payload.timestamp ?? receivedAt,
    attachments: attachmentsOf(message).kept,
    ...(deliveredTime ? { deliveredAt: deliveredTime } : {}),
    ...(readTime ? { readAt: readTime } : {}),
  };
}

/** Where nothing tells it, the message is ours: then receipts are owed, and a missing one is seen. */
function sentBy(message: EnvelopeMessage, { eventType, payload }: Envelope): Direction {
  const told = directionOf(message.direction);
  if (told !== undefined) return told;
  if (eventType.verb === 'received') return 'inbound';
  if (eventType.verb === 'sent') return 'outbound';
  return payload.purpose && isCustomer(payload.purpose.toLowerCase()) ? 'inbound' : 'outbound';
}

const STATUS_BY_VERB: ReadonlyMap<string, MessageStatus> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivery-success'],
  ['read', 'read'],
  ['failed', 'failed'],
]);

/** `message:received` says who sent it, not that it was delivered: that is the receipt's to say. */
function statusOf(message: EnvelopeMessage, { eventType }: Envelope, direction: Direction): MessageStatus {
  if (message.status) return messageStatusOf(message.status);
  if (message.deliveryReceipt?.readTime) return 'read';
  if (message.deliveryReceipt?.deliveredTime) return direction === 'inbound' ? 'received' : 'delivery-success';
  return STATUS_BY_VERB.get(eventType.verb) ?? 'unknown';
}

function attachmentsOf({ attachments }: EnvelopeMessage): { readonly kept: number; readonly dropped: number } {
  const kept = attachments?.filter(({ url }) => url).length ?? 0;
  return { kept, dropped: (attachments?.length ?? 0) - kept };
}

/** Segments are timed from their message's beginning, or tell the time themselves. */
function lastUtterance(messages: readonly EnvelopeMessage[], otherwise: number): number | undefined {
  let last: number | undefined;
  for (const { transcriptSegments, createdTime } of messages) {
    for (const { endTime } of transcriptSegments ?? []) {
      const start = createdTime ?? otherwise;
      const at = endTime && ('at' in endTime ? endTime.at : instantOrNone(start + endTime.offsetMs));
      last = latest(last, at ?? start);
    }
  }
  return last;
}
