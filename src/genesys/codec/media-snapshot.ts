// `v2.users|routing.queues.{id}.conversations.{media}`: one medium of a conversation. The participant is flattened: its
// only communication's fields are its own, and references are nested (`user.id`, `queue.id`).
import { z } from 'zod';
import { PARTICIPANT_LIMIT } from '../../domain/conversation/state.ts';
import type { Media, Observation, ParticipantFacts } from '../../domain/observation.ts';
import { addressText, attributes, callbackNumbers, customerFacts, fromAddress, type Reading } from './customer.ts';
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
  conversationRoutingData: routing,
  type: word,
  messages: messageList,
});

const customer = participant.extend({ address: addressText, attributes, callbackNumbers, fromAddress });

const snapshot = z.object({ id, participants: z.array(participant).max(PARTICIPANT_LIMIT).nullish() });
const personal = snapshot.extend({ participants: z.array(customer).max(PARTICIPANT_LIMIT).nullish() });

type Participant = z.output<typeof participant> & Partial<z.output<typeof customer>>;

export function decodeMediaSnapshot(
  body: unknown,
  media: Media,
  receivedAt: number,
  { customers }: Reading,
): Observation {
  const { id: conversationId, participants } = customers ? parseBody(personal, body) : parseBody(snapshot, body);
  return {
    conversationId,
    source: 'media-snapshot',
    receivedAt,
    participants: (participants ?? []).map((person) => factsOf(person, media, receivedAt, customers)),
  };
}

function factsOf(person: Participant, media: Media, receivedAt: number, customers: boolean): ParticipantFacts {
  const communication = { ...person, disconnectedTime: person.endTime };
  return participantFacts(person, [{ media, communication }], {
    userId: person.user?.id ?? undefined,
    queueId: person.queue?.id ?? undefined,
    externalContactId: person.externalContact?.id ?? undefined,
    priority: person.conversationRoutingData?.priority ?? undefined,
    media,
    messages: messageFacts(person.messages, person, receivedAt),
    ...(customers ? customerFacts(person, { callbacks: [person], messages: [person] }) : undefined),
  });
}
