// Conversations in flight, by media. Invariant: bounded: beyond so many it is a sample of the newest, and says so.
import type { ConversationState } from '../../domain/conversation/state.ts';
import type { ConversationStates } from '../../stores/conversations/states.ts';
import type { Overview } from './overview-schema.ts';

export const MOST_CONVERSATIONS = 200;

export async function readConversations(
  states: ConversationStates,
  inFlight: number,
  partitions: number,
): Promise<Overview['conversations']> {
  const truncated = inFlight > MOST_CONVERSATIONS;
  const perPartition = truncated ? Math.ceil(MOST_CONVERSATIONS / partitions) : MOST_CONVERSATIONS;
  const newest = await states.list({ order: 'newest', limit: MOST_CONVERSATIONS, perPartition });
  return { inFlight, byMedia: countByMedia(newest), truncated };
}

function countByMedia(states: readonly ConversationState[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { media } of states) counts[media] = (counts[media] ?? 0) + 1;
  return counts;
}
