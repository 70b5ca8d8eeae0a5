// One conversation read from the platform, as a frame for its partition. Invariant: where the platform no longer has it,
// it ends by the best evidence there is: what analytics remembers, else the last that was known here; what only envelopes
// have told of is none of the platform's and stays as it is.
import { z } from 'zod';
import { isLive } from '../../domain/conversation/moves.ts';
import type { ConversationState } from '../../domain/conversation/state.ts';
import { Failure } from '../../runtime/errors.ts';
import { READ_ANALYTICS, READ_CONVERSATION } from '../codec/topics.ts';
import type { Rest } from '../rest.ts';

export type Reading =
  /** As it is now, or as analytics has it. */
  | { readonly kind: 'read' | 'history'; readonly frame: string }
  /** Nobody has it any more, or never had; the frame ends what was still live here, if anything was. */
  | { readonly kind: 'gone'; readonly frame: string | undefined };

const conversation = z.looseObject({ id: z.string() });
const history = z.looseObject({ conversationId: z.string() });

/** Of any other it would say that the request is bad. */
const PLATFORM_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export async function readConversation(
  rest: Rest,
  conversationId: string,
  stateOf: () => Promise<ConversationState | undefined>,
  signal: AbortSignal,
): Promise<Reading> {
  if (!PLATFORM_ID.test(conversationId)) return { kind: 'gone', frame: undefined };
  // what is heard now comes first
  const asked = { method: 'GET', params: { conversationId }, priority: 'bulk', signal } as const;
  const path = '/conversations/{conversationId}';
  const now = await unlessGone(rest.call({ ...asked, path, answer: conversation }));
  if (now !== undefined) return { kind: 'read', frame: frameOf(READ_CONVERSATION, conversationId, now) };
  const remembered = '/analytics/conversations/{conversationId}/details';
  const then = await unlessGone(rest.call({ ...asked, path: remembered, answer: history }));
  if (then !== undefined) return { kind: 'history', frame: frameOf(READ_ANALYTICS, conversationId, then) };
  const state = await stateOf();
  return { kind: 'gone', frame: state === undefined || state.envelopesOnly ? undefined : lastWords(state) };
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure && error.code === 'not_found') return undefined;
    throw error;
  }
}

/** The id first: by it a frame is routed without being parsed. */
const frameOf = (topicName: string, id: string, body: object): string =>
  JSON.stringify({ topicName, version: '2', eventBody: Object.assign({ id }, body, { id }) });

/** Whoever was live ended when they were last heard of: later is not known, and would stretch their talk. */
function lastWords({ conversationId, participants, asOf }: ConversationState): string | undefined {
  const endTime = new Date(asOf).toISOString();
  const live = Object.entries(participants).filter(([, { state }]) => isLive(state) || state === 'pending');
  if (live.length === 0) return undefined;
  const ended = live.map(([id, { purpose }]) => ({ id, purpose, endTime }));
  return frameOf(READ_CONVERSATION, conversationId, { participants: ended });
}
