// The conversations that can be read: the live ones, and the settled ones for a while. Invariant: bounded by the two
// limits below, however high the rate and however long the run.
import type { LiveConversation } from '../conversation/live-conversation.ts';
import type { Timeline } from './timeline.ts';

/** About 15 KB each; past it customers hear an engaged tone. */
const MAX_LIVE = 20_000;
/** Settled ones that can still be read, however long the grace period. */
const MAX_SETTLED = 2000;

export interface Population {
  isFull(): boolean;
  add(conversation: LiveConversation): void;
  /** Nothing more will happen in it: forgotten after the grace period. */
  settle(conversation: LiveConversation): void;
  find(conversationId: string): LiveConversation | undefined;
  live(): readonly LiveConversation[];
  /** The live ones, then the settled ones. */
  all(): readonly LiveConversation[];
}

export function createPopulation(timeline: Timeline, graceMs: number): Population {
  const live = new Map<string, LiveConversation>();
  const settled = new Map<string, LiveConversation>();
  return {
    isFull: () => live.size >= MAX_LIVE,
    add: (conversation) => live.set(conversation.id, conversation),
    settle: (conversation) => {
      live.delete(conversation.id);
      settled.set(conversation.id, conversation);
      timeline.after(graceMs, () => settled.delete(conversation.id));
      const [oldest] = settled.keys();
      if (settled.size > MAX_SETTLED && oldest !== undefined) settled.delete(oldest);
    },
    find: (conversationId) => live.get(conversationId) ?? settled.get(conversationId),
    live: () => [...live.values()],
    all: () => [...live.values(), ...settled.values()],
  };
}
