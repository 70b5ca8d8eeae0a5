// The platform's words in our words. Conversation topics, detail events and analytics spell the same fact three ways;
// invariant: after this file there is one spelling, from a bounded set (the words become metric and CRM values).
import type { Activity, Direction, Media, MessageStatus } from '../../domain/observation.ts';
import { MESSAGE_STATUSES } from '../../domain/observation.ts';

type Word = string | null | undefined;

const ACTIVITIES: ReadonlyMap<string, Activity> = new Map([
  ['none', 'scheduled'],
  ['scheduled', 'scheduled'],
  ['alerting', 'alerting'],
  ['dialing', 'alerting'],
  ['contacting', 'alerting'],
  ['offering', 'alerting'],
  ['connected', 'connected'],
  // Fax, voicemail upload, e-mail on its way out: the communication is at work.
  ['transmitting', 'connected'],
  ['uploading', 'connected'],
  ['converting', 'connected'],
  ['parked', 'held'],
  ['disconnected', 'ended'],
  ['terminated', 'ended'],
]);

const MEDIA: ReadonlyMap<string, Media> = new Map([
  ['voice', 'voice'],
  ['message', 'message'],
  ['email', 'email'],
  ['callback', 'callback'],
  ['chat', 'chat'],
]);

/** The spelling of conversation topics. Others turn the words round (CONSULT_TRANSFER, consultTransfer). */
const DISCONNECT_TYPES = [
  'endpoint', 'endpoint.dnd', 'client', 'system', 'timeout', 'transfer', 'transfer.conference', 'transfer.consult',
  'transfer.forward', 'transfer.noanswer', 'transfer.notavailable', 'transfer.dnd', 'transport.failure', 'error', 'peer',
  'other', 'spam', 'uncallable', 'inactivity', 'session.expired', 'takeover',
] as const; // prettier-ignore

const DISCONNECT_TYPE_BY_LETTERS: ReadonlyMap<string, string> = new Map(
  DISCONNECT_TYPES.flatMap((type) => {
    const words = type.split('.');
    return [[words.join(''), type] as const, [words.reverse().join(''), type] as const];
  }),
);

const STATUS_BY_LETTERS: ReadonlyMap<string, MessageStatus> = new Map<string, MessageStatus>([
  ...MESSAGE_STATUSES.map((status) => [letters(status), status] as const),
  // Analytics: handed to the customer's provider.
  ['deliverypushed', 'sent'],
]);

function letters(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z]/g, '');
}

/** What a state word says; absent where the source says nothing. */
export function activityOf(state: Word): Activity | undefined {
  if (!state) return undefined;
  return ACTIVITIES.get(state) ?? ACTIVITIES.get(state.toLowerCase()) ?? 'unknown';
}

export function mediaOf(word: Word): Media | undefined {
  const lower = word?.toLowerCase();
  if (!lower || lower === 'unknown') return undefined;
  return MEDIA.get(lower) ?? 'other';
}

export function directionOf(word: Word): Direction | undefined {
  const lower = word?.toLowerCase();
  return lower === 'inbound' || lower === 'outbound' ? lower : undefined;
}

/** A word that the platform may add one day is `other`; its own UNKNOWN says nothing. */
export function disconnectTypeOf(word: Word): string | undefined {
  if (!word || word === 'UNKNOWN') return undefined;
  return DISCONNECT_TYPE_BY_LETTERS.get(letters(word)) ?? 'other';
}

export const messageStatusOf = (word: Word): MessageStatus => STATUS_BY_LETTERS.get(letters(word ?? '')) ?? 'unknown';

export function afterCallWorkPhaseOf(word: Word): 'pending' | 'complete' | undefined {
  return word === 'pending' || word === 'complete' ? word : undefined;
}
