// Tells each change of a conversation to the topics it concerns. Invariant: one change is one body, the same for all its
// topics of a kind (that is what makes overlapping subscriptions deliver real duplicates); only the correlation id differs.
import { newDetailEvents } from '../conversation/detail-events.ts';
import { concernedTopics, refresh, type LiveConversation } from '../conversation/live-conversation.ts';
import { MEDIA_TOPIC, mediaSnapshot } from '../conversation/media-snapshot.ts';
import { idOf } from '../ids.ts';
import type { Timeline } from './timeline.ts';

/** Where changes go. */
export interface Publisher {
  /** Whether anybody follows the topic: nothing is written for nobody. */
  hears(topicName: string): boolean;
  /** `body` as JSON. */
  publish(topicName: string, body: string, correlationId: string): void;
}

export interface TellerOptions {
  readonly publisher: Publisher;
  readonly timeline: Pick<Timeline, 'now'>;
  /** Seed and epoch: part of each correlation id. */
  readonly run: readonly number[];
}

export interface Teller {
  tell(conversation: LiveConversation): void;
  /** One frame of one topic that has its own kind of news. */
  send(topicName: string, body: () => object): void;
  counts(): { readonly changes: number; readonly ended: number };
}

export function createTeller(options: TellerOptions): Teller {
  const { timeline } = options;
  const publish = publishing(options);
  let changes = 0;
  let ended = 0;
  let sent = 0;

  const tellSnapshots = (conversation: LiveConversation): void => {
    const topics = hearers(conversation);
    if (topics.size === 0) return;
    changes += 1;
    conversation.changes += 1;
    const whole = once(() => JSON.stringify(conversation.snapshot));
    const ofMedium = once(() => JSON.stringify(mediaSnapshot(conversation)));
    const change = `${conversation.id} ${conversation.tellings}`;
    for (const topicName of topics) {
      publish(topicName, whole, change);
      publish(`${topicName}.${MEDIA_TOPIC[conversation.media]}`, ofMedium, change);
    }
  };

  return {
    counts: () => ({ changes, ended }),
    tell: (conversation) => {
      const wasOpen = conversation.endTime === undefined;
      refresh(conversation, new Date(timeline.now()).toISOString());
      if (wasOpen && conversation.endTime !== undefined) ended += 1;
      conversation.tellings += 1;
      tellSnapshots(conversation);
      for (const { event, body, sessionId } of newDetailEvents(conversation, Math.floor(timeline.now()))) {
        publish(
          `v2.detail.events.conversation.${conversation.id}.${event}`,
          () => JSON.stringify(body()),
          `${conversation.tellings} ${sessionId}`,
        );
      }
    },
    send: (topicName, body) => publish(topicName, () => JSON.stringify(body()), (sent += 1)),
  };
}

type Publish = (topicName: string, body: () => string, change: string | number) => void;

/** The same change on the same topic has the same correlation id, whoever listened before. */
function publishing({ publisher, run }: TellerOptions): Publish {
  return (topicName, body, change) => {
    if (!publisher.hears(topicName)) return;
    const written = body();
    publisher.publish(topicName, written, idOf('correlation', ...run, topicName, change));
  };
}

function once(write: () => string): () => string {
  let written: string | undefined;
  return () => (written ??= write());
}

/** Whom a change ceases to concern still hears of it; after the end the last hearers hear the late tail. */
function hearers(conversation: LiveConversation): Set<string> {
  const before = conversation.lastTopics;
  const concerned = concernedTopics(conversation);
  if (concerned.size > 0) conversation.lastTopics = [...concerned];
  return new Set([...before, ...concerned]);
}
