// Tells each change of a conversation to the topics it concerns. Invariant: one change is one body, the same for all its
// topics (that is what makes overlapping subscriptions deliver real duplicates); only the correlation id differs.
import { concernedTopics, refresh, type LiveConversation } from '../conversation/live-conversation.ts';
import type { Ids } from '../ids.ts';

/** Where changes go. `body` is the snapshot as JSON, written only when somebody listens. */
export interface Publisher {
  publish(topicName: string, body: () => string, correlationId: string): void;
}

export interface Teller {
  tell(conversation: LiveConversation): void;
  counts(): { readonly changes: number; readonly ended: number };
}

export function createTeller(publisher: Publisher, correlationIds: Ids, now: () => string): Teller {
  let changes = 0;
  let ended = 0;
  return {
    counts: () => ({ changes, ended }),
    tell: (conversation) => {
      const wasOpen = conversation.endTime === undefined;
      refresh(conversation, now());
      if (wasOpen && conversation.endTime !== undefined) ended += 1;
      const topics = hearers(conversation);
      if (topics.size === 0) return;
      changes += 1;
      conversation.changes += 1;
      let written: string | undefined;
      const body = (): string => (written ??= JSON.stringify(conversation.snapshot));
      for (const topicName of topics) publisher.publish(topicName, body, correlationIds());
    },
  };
}

/** Whom a change ceases to concern still hears of it; after the end the last hearers hear the late tail. */
function hearers(conversation: LiveConversation): Set<string> {
  const before = conversation.lastTopics;
  const concerned = concernedTopics(conversation);
  if (concerned.size > 0) conversation.lastTopics = [...concerned];
  return new Set([...before, ...concerned]);
}
