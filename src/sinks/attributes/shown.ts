// The customer's attributes as the last snapshot had them, kept in the conversation's state as digests: enough to know
// what need not be sent again and what came back. Invariant: no name and no value in clear; what is longer or more than
// the bounds is not known, which costs a request and no more.
import { hash } from 'node:crypto';
import { customerIn } from '../../domain/conversation/customer.ts';
import type { ConversationState } from '../../domain/conversation/state.ts';
import type { Observation } from '../../domain/observation.ts';

/** Some 2 KB of state. */
const MOST_SHOWN = 100;
/** 48 bits: of a hundred attributes two are taken for one another once in 10^10 conversations. */
const DIGEST_CHARS = 8;

export type Shown = Readonly<Record<string, string>>;
type Attributes = Readonly<Record<string, unknown>>;

const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, DIGEST_CHARS);

export const nameDigest = (name: string): string => digest(name);
/** Of one conversation: the same value elsewhere looks different. */
export const valueDigest = (conversationId: string, name: string, value: string): string =>
  digest(`${conversationId}\n${name}\n${value}`);

/** True where the last snapshot had exactly this value. */
export const isShown = (shown: Shown, conversationId: string, [name, value]: readonly [string, string]): boolean =>
  shown[nameDigest(name)] === valueDigest(conversationId, name, value);

export function shownOf(conversationId: string, attributes: Attributes): Shown {
  const shown = Object.entries(attributes)
    .flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))
    .slice(0, MOST_SHOWN)
    .map(([name, value]) => [nameDigest(name), valueDigest(conversationId, name, value)] as const);
  return Object.fromEntries(shown);
}

/** What digests in memory were made of: an event that tells the same again is not digested again. */
const madeOf = new WeakMap<Shown, Attributes>();

/** The state itself where nothing is new. A late copy of a snapshot is believed until the next one comes. */
export function noteShown(state: ConversationState, { source, participants: told }: Observation): ConversationState {
  if (source !== 'snapshot' && source !== 'media-snapshot') return state;
  const customer = customerIn(state.participants);
  const attributes = told.find(({ participantId }) => participantId === customer)?.attributes;
  if (attributes === undefined) return state;
  const last = state.shown && madeOf.get(state.shown);
  if (last !== undefined && isSame(attributes, last)) return state;
  const shown = shownOf(state.conversationId, attributes);
  const isNew = state.shown === undefined || !isSame(shown, state.shown);
  madeOf.set(isNew ? shown : state.shown, attributes);
  return isNew ? { ...state, shown } : state;
}

function isSame(one: Attributes, other: Attributes): boolean {
  if (one === other) return true;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
