// Puts values onto a conversation: texts onto the customer, typed values into its custom attributes. Invariants: only
// what the platform does not have is sent; sent again, nothing changes; of custom attributes nothing others wrote is lost.
import { customerIn } from '../../domain/conversation/customer.ts';
import type { Split } from '../../domain/enrichment/values.ts';
import type { ConversationState } from '../../domain/conversation/state.ts';
import type { Fields } from '../../domain/merge.ts';
import { Poison } from '../../runtime/errors.ts';
import { updateConversation, type Updated, type Updating } from '../conversation/target.ts';
import type { CallAs, ParticipantAttributes } from './participant-attributes.ts';
import { isShown, nameDigest, shownOf, type Shown } from './shown.ts';

export interface Injecting {
  readonly participants: ParticipantAttributes;
  readonly custom: Updating;
}

export interface Injection {
  readonly conversationId: string;
  readonly values: Split;
  /** Of two that say something of one custom attribute, the one that began later is right. */
  readonly startedAt: number;
  readonly traceId: string;
}

/** What has been sent to a participant, and in what place: to be looked for in a later snapshot. */
export interface Sent {
  readonly texts: Readonly<Record<string, string>>;
  /** Digests of what was there before, by digest of the name. */
  readonly before: Shown;
}

export interface Injected {
  readonly sent: Sent;
  readonly custom: Updated;
}

/** `over`: the conversation has ended, and nothing was sent. @throws Failure */
export async function inject(
  { conversationId, values, startedAt, traceId }: Injection,
  state: ConversationState | undefined,
  { participants, custom }: Injecting,
  call: CallAs,
): Promise<Injected | 'over'> {
  const known = Object.keys(values.texts).length === 0 ? NOTHING : await customerOf(conversationId, state, participants, call); // prettier-ignore
  if (known === 'over') return known;
  const fields = fieldsOf(values.typed, startedAt, traceId);
  const written =
    Object.keys(fields).length === 0 ? 'unchanged' : await updateConversation(custom, conversationId, fields, call.signal); // prettier-ignore
  const sent = changed(conversationId, values.texts, known.shown);
  if (Object.keys(sent.texts).length > 0) await participants.write(conversationId, known.participantId, sent.texts, call); // prettier-ignore
  return { sent, custom: written };
}

interface Known {
  readonly participantId: string;
  readonly shown: Shown;
}

const NOTHING: Known = { participantId: '', shown: {} };

/** What the last snapshot showed costs no request; where there was none yet, the platform is asked. */
async function customerOf(
  conversationId: string,
  state: ConversationState | undefined,
  participants: ParticipantAttributes,
  call: CallAs,
): Promise<Known | 'over'> {
  const participantId = state === undefined ? undefined : customerIn(state.participants);
  if (state?.shown !== undefined && participantId !== undefined) return { participantId, shown: state.shown };
  const found = await participants.read(conversationId, call);
  if (found === 'over') return found;
  if (found === 'no-customer') {
    throw new Poison('no_customer', 'the conversation has no customer: there is nobody to put attributes on');
  }
  return { participantId: found.participantId, shown: shownOf(conversationId, found.attributes) };
}

function changed(conversationId: string, texts: Sent['texts'], shown: Shown): Sent {
  const news = Object.entries(texts).filter((text) => !isShown(shown, conversationId, text));
  const before = news.flatMap(([name]): [string, string][] => {
    const was = shown[nameDigest(name)];
    return was === undefined ? [] : [[nameDigest(name), was]];
  });
  return { texts: Object.fromEntries(news), before: Object.fromEntries(before) };
}

function fieldsOf(typed: Split['typed'], at: number, source: string): Fields {
  return Object.fromEntries(Object.entries(typed).map(([key, value]) => [key, { value, at, source }]));
}
