// `v2.users|routing.queues.{id}.conversations`: a full snapshot of a conversation, all participants, all media.
import { z } from 'zod';
import { PARTICIPANT_LIMIT } from '../../domain/conversation/state.ts';
import { principalMedia } from '../../domain/conversation/lifecycle.ts';
import type { Media, MessageFact, Observation, ParticipantFacts } from '../../domain/observation.ts';
import { addressText, attributes, callbackNumbers, customerFacts, fromAddress, type Reading } from './customer.ts';
import { afterCallWork, id, optionalId, optionalInstant, parseBody, routing, word, wrapUp } from './fields.ts';
import { messageFacts, messageList } from './messages.ts';
import { participantFacts } from './participant.ts';
import type { Leg } from './participant.ts';

/** An agent's leg is replaced, not reused, at each transfer back: tens at most in life. */
const LEG_LIMIT = 100;

const communication = z.object({
  state: word,
  held: z.boolean().nullish(),
  direction: word,
  disconnectType: word,
  startHoldTime: optionalInstant,
  parkTime: optionalInstant,
  connectedTime: optionalInstant,
  disconnectedTime: optionalInstant,
  afterCallWork,
  wrapup: wrapUp,
});
const legs = z.array(communication).max(LEG_LIMIT).nullish();

const message = communication.extend({ type: word, messages: messageList });

const participant = z.object({
  id,
  purpose: word,
  userId: optionalId,
  queueId: optionalId,
  externalContactId: optionalId,
  connectedTime: optionalInstant,
  endTime: optionalInstant,
  startAcwTime: optionalInstant,
  endAcwTime: optionalInstant,
  wrapup: wrapUp,
  conversationRoutingData: routing,
  calls: legs,
  callbacks: legs,
  chats: legs,
  emails: legs,
  messages: z.array(message).max(LEG_LIMIT).nullish(),
  cobrowsesessions: legs,
  internalMessages: legs,
  screenshares: legs,
  socialExpressions: legs,
  videos: legs,
});

const customer = participant.extend({
  address: addressText,
  attributes,
  callbacks: z.array(communication.extend({ callbackNumbers })).max(LEG_LIMIT).nullish(),
  messages: z.array(message.extend({ fromAddress })).max(LEG_LIMIT).nullish(),
});

const snapshot = z.object({ id, participants: z.array(participant).max(PARTICIPANT_LIMIT).nullish() });
const personal = snapshot.extend({ participants: z.array(customer).max(PARTICIPANT_LIMIT).nullish() });

type Participant = z.output<typeof participant> & Partial<Pick<z.output<typeof customer>, Personal>>;
type Personal = 'address' | 'attributes' | 'callbacks' | 'messages';

const LEGS = [
  ['calls', 'voice'],
  ['callbacks', 'callback'],
  ['chats', 'chat'],
  ['emails', 'email'],
  ['messages', 'message'],
  ['cobrowsesessions', 'other'],
  ['internalMessages', 'other'],
  ['screenshares', 'other'],
  ['socialExpressions', 'other'],
  ['videos', 'other'],
] as const satisfies readonly (readonly [keyof Participant, Media])[];

export function decodeSnapshot(body: unknown, receivedAt: number, { customers }: Reading): Observation {
  const { id: conversationId, participants } = customers ? parseBody(personal, body) : parseBody(snapshot, body);
  return {
    conversationId,
    source: 'snapshot',
    receivedAt,
    participants: (participants ?? []).map((person) => factsOf(person, receivedAt, customers)),
  };
}

function factsOf(person: Participant, receivedAt: number, customers: boolean): ParticipantFacts {
  const found: Leg[] = [];
  let media: Media | undefined;
  for (const [key, kind] of LEGS) {
    const list = person[key];
    if (!list || list.length === 0) continue;
    media = principalMedia(media ?? 'other', kind);
    for (const leg of list) found.push({ media: kind, communication: leg });
  }
  return participantFacts(person, found, {
    userId: person.userId ?? undefined,
    queueId: person.queueId ?? undefined,
    externalContactId: person.externalContactId ?? undefined,
    priority: person.conversationRoutingData?.priority ?? undefined,
    media,
    messages: messagesOf(person, receivedAt),
    ...(customers ? customerFacts(person, person) : undefined),
  });
}

function messagesOf(person: Participant, receivedAt: number): readonly MessageFact[] | undefined {
  const { purpose } = person;
  return person.messages?.flatMap(
    (leg) => messageFacts(leg.messages, { purpose, direction: leg.direction, type: leg.type }, receivedAt) ?? [],
  );
}
