// `v2.users|routing.queues.{id}.conversations.{media}`: one medium of a conversation. The participant is flattened: its
// only communication's fields are its own, and references are nested (`user.id`, `queue.id`).
import { z } from 'zod';
import { PARTICIPANT_LIMIT } from '../../domain/conversation/state.ts';
import type { Media, Observation, ParticipantFacts } from '../../domain/observation.ts';
import { addressText, attributes, callbackNumbers, customerFacts, fromAddress } from './customer.ts';
import { id, optionalId, optionalInstant, parseBody, routing, word, wrapUp } from './fields.ts';
import { messageFacts, messageList } from './messages.ts';
import { participantFacts } from './participant.ts';

const reference = z.object({ id: optionalId }).nullish();

const participant = z.object({
  id,
  purpose: word,
  state: word,
  held: z.boolean().nullish(),
  direction: word,
  disconnectType: word,
  startTime: optionalInstant,
  connectedTime: optionalInstant,
  endTime: optionalInstant,
  startHoldTime: optionalInstant,
  parkTime: optionalInstant,
  startAcwTime: optionalInstant,
  endAcwTime: optionalInstant,
  wrapup: wrapUp,
  user: reference,
  queue: reference,
  externalContact: reference,
  address: addressText,
  attributes,
  callbackNumbers,
  fromAddress,
  conversationRoutingData: routing,
  type: word,
  messages: messageList,
});

const snapshot = z.object({ id, participants: z.array(participant).max(PARTICIPANT_LIMIT).nullish() });

type Participant = z.output<typeof participant>;

export function decodeMediaSnapshot(body: unknown, media: Media, receivedAt: number): Observation {
  const { id: conversationId, participants } = parseBody(snapshot, body);
  return {
    conversationId,
    source: 'media-snapshot',
    receivedAt,
    participants: (participants ?? []).map((person) => factsOf(person, media, receivedAt)),
  };
}

function factsOf(person: Participant, media: Media, receivedAt: number): ParticipantFacts {
  const communication = { ...person, disconnectedTime: person.endTime };
  return participantFacts(person, [{ media, communication }], {
    userId: person.user?.id ?? undefined,
    queueId: person.queue?.id ?? undefined,
    externalContactId: person.externalContact?.id ?? undefined,
    priority: person.conversationRoutingData?.priority ?? undefined,
    media,
    messages: messageFacts(person.messages, person, receivedAt),
    ...customerFacts(person, { callbacks: [person], messages: [person] }),
  });
}
