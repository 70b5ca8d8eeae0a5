// What a topic name says: which family of frames it carries, and whose. Invariant: route and decode both ask here, so
// they cannot disagree about what a topic is.
import type { Media } from '../../domain/observation.ts';

export type Topic =
  | { readonly family: 'control' }
  /** Everything about a conversation; its id is in the body. */
  | { readonly family: 'snapshot' }
  /** One medium of a conversation, flattened; its id is in the body. */
  | { readonly family: 'media-snapshot'; readonly media: Media }
  /** What analytics holds of a conversation; its id is in the body. */
  | { readonly family: 'analytics' }
  | { readonly family: 'detail'; readonly conversationId: string; readonly event: string }
  | { readonly family: 'transcription'; readonly conversationId: string }
  /** Our own: a timer has rung. */
  | { readonly family: 'clock'; readonly conversationId: string }
  | { readonly family: 'other'; readonly conversationId: string | undefined };

const DETAIL = 'v2.detail.events.conversation.';
const CONVERSATION = 'v2.conversations.';
const SYSTEM = 'v2.system.';
export const CLOCK = 'throughline.clock.';
const USER = 'v2.users.';
const QUEUE = 'v2.routing.queues.';

/** Ours, not the platform's: a conversation that was read instead of heard, as it is or as analytics remembers it. */
export const READ_CONVERSATION = 'throughline.read.conversation';
export const READ_ANALYTICS = 'throughline.read.analytics';

const MEDIA_SUFFIXES: ReadonlyMap<string, Media> = new Map([
  ['calls', 'voice'],
  ['callbacks', 'callback'],
  ['chats', 'chat'],
  ['emails', 'email'],
  ['messages', 'message'],
  ['cobrowsesessions', 'other'],
  ['internalmessages', 'other'],
  ['screenshares', 'other'],
  ['socialexpressions', 'other'],
  ['videos', 'other'],
]);

const CONTROL: Topic = { family: 'control' };
const SNAPSHOT: Topic = { family: 'snapshot' };
const ANALYTICS: Topic = { family: 'analytics' };
const OTHER: Topic = { family: 'other', conversationId: undefined };

export function parseTopic(topic: string): Topic {
  if (topic.startsWith(QUEUE)) return parseObjectTopic(topic, QUEUE.length);
  if (topic.startsWith(USER)) return parseObjectTopic(topic, USER.length);
  if (topic.startsWith(DETAIL)) return parseConversationTopic(topic, DETAIL.length);
  if (topic.startsWith(CONVERSATION)) return parseConversationTopic(topic, CONVERSATION.length);
  if (topic === READ_CONVERSATION) return SNAPSHOT;
  if (topic === READ_ANALYTICS) return ANALYTICS;
  if (topic.startsWith(CLOCK)) return clockTopic(topic.slice(CLOCK.length));
  return topic === 'channel.metadata' || topic.startsWith(SYSTEM) ? CONTROL : OTHER;
}

/** `{id}.conversations` or `{id}.conversations.{media}` */
function parseObjectTopic(topic: string, start: number): Topic {
  const [id, noun, suffix, ...rest] = topic.slice(start).split('.');
  if (!isId(id) || noun !== 'conversations' || rest.length > 0) return OTHER;
  if (suffix === undefined) return SNAPSHOT;
  const media = MEDIA_SUFFIXES.get(suffix.toLowerCase());
  return media === undefined ? OTHER : { family: 'media-snapshot', media };
}

/** `{id}.{event}`, where the event may hold dots */
function parseConversationTopic(topic: string, start: number): Topic {
  const end = topic.indexOf('.', start);
  const conversationId = topic.slice(start, end === -1 ? undefined : end);
  if (!isId(conversationId) || end === -1) return OTHER;
  const event = topic.slice(end + 1);
  if (start === DETAIL.length) return { family: 'detail', conversationId, event };
  return event === 'transcription' ? { family: 'transcription', conversationId } : { family: 'other', conversationId };
}

const clockTopic = (conversationId: string): Topic =>
  isId(conversationId) ? { family: 'clock', conversationId } : OTHER;

/** Ids become keys of records and of Redis: bounded, no quotes, and never the name of an Object's member. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_:@~-]{0,63}$/;

export const isId = (value: unknown): value is string => typeof value === 'string' && ID_PATTERN.test(value);
