// Looks whether what was sent came back, and sends once more what did not. Invariant: what somebody else has written
// since is left as it is; the platform is asked only where the last snapshot does not show it.
import type { ConversationState } from '../../domain/conversation/state.ts';
import type { Sent } from './inject.ts';
import type { CallAs, ParticipantAttributes } from './participant-attributes.ts';
import { isShown, nameDigest, shownOf } from './shown.ts';

/** How many attributes came back, never did and were sent once more, or have another value by now. */
export interface Confirmed {
  readonly confirmed: number;
  readonly lost: number;
  readonly overtaken: number;
}

export async function confirm(
  { texts, before }: Sent,
  { conversationId, shown = {} }: ConversationState,
  participants: ParticipantAttributes,
  call: CallAs,
): Promise<Confirmed | 'over'> {
  const all = Object.entries(texts);
  const unseen = all.filter((text) => !isShown(shown, conversationId, text));
  if (unseen.length === 0) return { confirmed: all.length, lost: 0, overtaken: 0 };
  const found = await participants.read(conversationId, call);
  if (typeof found === 'string') return 'over';
  const now = shownOf(conversationId, found.attributes);
  const missing = unseen.filter((text) => !isShown(now, conversationId, text));
  const lost = missing.filter(([name]) => now[nameDigest(name)] === before[nameDigest(name)]);
  if (lost.length > 0) await participants.write(conversationId, found.participantId, Object.fromEntries(lost), call);
  const overtaken = missing.length - lost.length;
  return { confirmed: all.length - missing.length, lost: lost.length, overtaken };
}
