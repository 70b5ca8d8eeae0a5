// Questions about all participants together: is the conversation over, when did it end, whose queue is it in.
// Invariant: a conversation is over only when every customer has ended and nobody is live.
import type { Media, Observation } from '../observation.ts';
import { hasEnded, isLive } from './moves.ts';
import type { ConversationState, ParticipantState } from './state.ts';

type Participants = ConversationState['participants'];

export const isCustomer = (purpose: string): boolean => purpose === 'customer' || purpose === 'external';
export const isAgent = (purpose: string): boolean => purpose === 'agent' || purpose === 'user';

export function isAnyoneLive(participants: Participants): boolean {
  return Object.values(participants).some((participant) => isLive(participant.state));
}

/**
 * Without a customer (agent to agent) only a source that lists everybody, or names each who comes and goes, can tell that
 * all have gone.
 */
export function isOver(participants: Participants, source: Observation['source']): boolean {
  let customers = 0;
  let ended = 0;
  for (const { purpose, state } of Object.values(participants)) {
    const isGone = hasEnded(state);
    if (isLive(state) || (!isGone && isCustomer(purpose))) return false;
    if (isCustomer(purpose)) customers += 1;
    if (isGone) ended += 1;
  }
  return customers > 0 || (tellsOfEverybody(source) && ended > 0);
}

/** In all their media: all at once, or each who comes and goes. */
export const tellsOfEverybody = (source: Observation['source']): boolean =>
  source === 'snapshot' || source === 'analytics' || source === 'envelope';

export function latestEnd(participants: Participants): number {
  let end = 0;
  for (const participant of Object.values(participants)) {
    if (hasEnded(participant.state)) end = Math.max(end, participant.endedAt ?? participant.since);
  }
  return end;
}

/** The queue of whoever handles or handled it last; before that, the one the customer came in on. */
export function currentQueue(participants: Participants): string | undefined {
  let queueId: string | undefined;
  let entered = -1;
  for (const participant of Object.values(participants)) {
    if (participant.queueId === undefined) continue;
    const at = isCustomer(participant.purpose) ? 0 : entryTime(participant);
    if (at <= entered) continue;
    queueId = participant.queueId;
    entered = at;
  }
  return queueId;
}

const entryTime = (participant: ParticipantState): number =>
  participant.connectedAt ?? participant.joinedAt ?? participant.since;

/** A conversation's medium is that of its purpose: a callback's own call, a chat's screen share are its means. */
const MEDIA_RANK: Readonly<Record<Media, number>> = { other: 0, voice: 1, chat: 2, message: 3, email: 4, callback: 5 };

export const principalMedia = (a: Media, b: Media | undefined): Media =>
  b !== undefined && MEDIA_RANK[b] > MEDIA_RANK[a] ? b : a;
