// The bodies of detail events. Invariant: words are those of detail events (VOICE, INBOUND, TRANSFER), times epoch
// milliseconds, durations such that an end minus them is when it began.
import type { RoutedMedia } from '../centre/roster.ts';
import type { LiveConversation } from './live-conversation.ts';
import type { Communication, DisconnectType, Participant } from './snapshot.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A participant's part in a conversation. */
export interface Session {
  readonly conversation: LiveConversation;
  readonly participant: Participant;
  readonly communication: Communication;
}

const MEDIA_TYPE: Readonly<Record<RoutedMedia, string>> = {
  voice: 'VOICE',
  message: 'MESSAGE',
  email: 'EMAIL',
  callback: 'CALLBACK',
};

/** What the events of one session have in common. */
function sessionFields({ conversation, participant, communication }: Session): Fields {
  return {
    conversationId: conversation.id,
    participantId: participant.id,
    sessionId: communication.id,
    mediaType: MEDIA_TYPE[conversation.media],
    provider: communication.provider,
    direction: (communication.direction ?? 'inbound').toUpperCase(),
    ...addressFields(conversation),
    conversationExternalContactIds: externalContacts(conversation),
  };
}

const customerOf = ({ snapshot }: LiveConversation): Participant | undefined =>
  snapshot.participants.find(({ purpose }) => purpose === 'customer');

const externalContacts = (conversation: LiveConversation): readonly string[] =>
  [customerOf(conversation)?.externalContactId].filter((id) => id !== undefined);

/** Every session of a conversation carries the customer's addresses. */
function addressFields(conversation: LiveConversation): Fields {
  const { calls, messages, emails, callbacks, address } = customerOf(conversation) ?? {};
  const [call, message, email, callback] = [calls?.[0], messages?.[0], emails?.[0], callbacks?.[0]];
  if (call !== undefined) return { ani: call.self?.addressNormalized, dnis: call.other?.addressNormalized };
  if (email !== undefined) return { addressFrom: address, subject: email.subject };
  if (message !== undefined) {
    const { toAddress, fromAddress } = message;
    const messageType = message.type.toUpperCase();
    return { addressTo: toAddress.addressNormalized, addressFrom: fromAddress.addressNormalized, messageType };
  }
  if (callback === undefined) return {};
  const { callbackUserName, callbackNumbers, callbackScheduledTime } = callback;
  return { callbackUserName, callbackNumbers, callbackScheduledTime: Date.parse(callbackScheduledTime) };
}

const divisionOf = ({ snapshot }: LiveConversation): string | undefined => snapshot.divisions[0]?.division.id;

const routingFields = ({ conversationRoutingData }: Participant): Fields => ({
  requestedRoutingSkillIds: conversationRoutingData?.skills.map(({ id }) => id),
  routingPriority: conversationRoutingData?.priority,
});

const joinTime = ({ conversation, participant }: Session): number =>
  Date.parse(conversation.joinTimes.get(participant.id) ?? conversation.startTime);

/** Whose session it is: a customer's contact, an agent's user and queue, a queue. */
function subjectFields({ conversation, participant }: Session): Fields {
  const { purpose, userId, queueId, externalContactId } = participant;
  const divisionId = divisionOf(conversation);
  if (purpose === 'customer') return { divisionId, externalContactId };
  if (purpose === 'ivr') return { divisionId, flowType: 'INBOUNDCALL', flowVersion: '12.0' };
  return purpose === 'acd' ? { divisionId, queueId } : { divisionId, queueId, userId };
}

export function startFields(session: Session): Fields {
  const { participant } = session;
  return {
    ...sessionFields(session),
    eventTime: joinTime(session),
    ...subjectFields(session),
    ...(participant.purpose === 'acd' ? routingFields(participant) : {}),
  };
}

const disconnectWord = (type: DisconnectType | undefined): string =>
  (type ?? 'unknown').toUpperCase().replaceAll('.', '_');

export function endFields(session: Session, heldMs: number): Fields {
  const { participant, communication } = session;
  const ended = Date.parse(communication.disconnectedTime ?? '');
  const connected = Date.parse(communication.connectedTime ?? '');
  return {
    ...sessionFields(session),
    eventTime: ended,
    disconnectType: disconnectWord(communication.disconnectType),
    ...subjectFields(session),
    ...durationsOf[participant.purpose](session, { ended, connected, heldMs }),
  };
}

interface Times {
  readonly ended: number;
  /** Not a number when never connected. */
  readonly connected: number;
  readonly heldMs: number;
}

const sinceConnected = ({ ended, connected }: Times): number => (Number.isNaN(connected) ? 0 : ended - connected);

const durationsOf: Readonly<Record<Participant['purpose'], (session: Session, times: Times) => Fields>> = {
  customer: ({ conversation }, { ended }) => ({ interactingDurationMs: timeWithAgents(conversation, ended) }),
  ivr: (_session, times) => ({
    connectedDurationMs: sinceConnected(times),
    exitReason: 'TRANSFER',
    transferType: 'ACD',
  }),
  acd: ({ conversation, participant, communication }, times) => ({
    ...routingFields(participant),
    ...acdOutcome(conversation, communication.disconnectType),
    requestedRoutings: ['STANDARD'],
    connectedDurationMs: sinceConnected(times),
  }),
  agent: (session, times) => {
    const alertedUntil = Number.isNaN(times.connected) ? times.ended : times.connected;
    return {
      interactingDurationMs: sinceConnected(times) - times.heldMs,
      heldDurationMs: times.heldMs,
      alertingDurationMs: alertedUntil - joinTime(session),
      contactingDurationMs: 0,
      dialingDurationMs: 0,
      callbackDurationMs: 0,
    };
  },
};

function acdOutcome({ snapshot }: LiveConversation, disconnectType: DisconnectType | undefined): Fields {
  if (disconnectType === 'system') return { acdOutcome: 'FLOW_OUT' };
  if (disconnectType !== 'transfer') return { acdOutcome: 'ABANDON' };
  const answered = snapshot.participants.findLast(
    ({ purpose, connectedTime }) => purpose === 'agent' && connectedTime !== undefined,
  );
  return { acdOutcome: 'ANSWERED', answeredUserId: answered?.userId, usedRouting: 'STANDARD' };
}

/** Waiting is not interacting. */
function timeWithAgents({ snapshot }: LiveConversation, until: number): number {
  const spells = snapshot.participants
    .filter(({ purpose, connectedTime }) => purpose === 'agent' && connectedTime !== undefined)
    .map(({ connectedTime, endTime }) => ({
      from: Date.parse(connectedTime ?? ''),
      to: Math.min(until, Date.parse(endTime ?? '') || until),
    }));
  return spells.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
}

/** The agent's user is named when the work is over, not by the wrap-up. */
export function workFields(session: Session, event: 'wrapup' | 'acw'): Fields {
  const { wrapup, startAcwTime = '', endAcwTime = '', userId, queueId } = session.participant;
  return {
    ...sessionFields(session),
    eventTime: Date.parse(endAcwTime),
    queueId,
    ...(event === 'acw' ? { userId } : {}),
    wrapupCode: wrapup?.code,
    wrapupNotes: wrapup?.notes,
    wrapupDurationMs: Date.parse(endAcwTime) - Date.parse(startAcwTime),
  };
}

export function attributeFields({ conversation, participant, communication }: Session, now: number): Fields {
  return {
    eventTime: now,
    conversationId: conversation.id,
    participantId: participant.id,
    attributes: participant.attributes,
    conversationExternalContactIds: externalContacts(conversation),
    communications: [{ id: communication.id, mediaType: MEDIA_TYPE[conversation.media] }],
  };
}
