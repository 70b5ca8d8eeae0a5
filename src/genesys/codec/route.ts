// Which partition a frame belongs to, found in the hot path without parsing the frame where its head is as expected.
// Invariants: never throws; a frame's key is its conversation's id wherever it has one, by the short way and by the long
// way alike; what has none still gets a stable key, so that the conversations stage, the one judge, sees it.
import { createHash } from 'node:crypto';
import { asObject, parseJson } from './json.ts';
import { isId, parseTopic } from './topics.ts';

export type Route =
  | { readonly kind: 'control'; readonly topic: string }
  | { readonly kind: 'event'; readonly key: string; readonly topic?: string };

const MAX_TOPIC_LENGTH = 256;

// The head of a frame as the platform writes it, from its very first character: topicName, perhaps version, then a body
// whose first key is id. Nothing may stand between, so no nested object and no string can be taken for the head; any
// other order of keys, and any escape, takes the long way. Each part is bounded: matching is linear.
const STRING = (max: number) => `"([^"\\\\\\u0000-\\u001f]{1,${max}})"`;
const TOPIC = `^\\s*\\{\\s*"topicName"\\s*:\\s*${STRING(MAX_TOPIC_LENGTH)}\\s*[,}]`;
const TOPIC_HEAD = new RegExp(TOPIC);
const BODY_ID_HEAD = new RegExp(
  `${TOPIC}\\s*(?:"version"\\s*:\\s*${STRING(16)}\\s*,\\s*)?"eventBody"\\s*:\\s*\\{\\s*"id"\\s*:\\s*${STRING(64)}\\s*[,}]`,
);

export function routeFrame(raw: string): Route {
  return routeByHead(raw) ?? routeByParsing(raw);
}

/** The short way; undefined where the head does not settle it. */
export function routeByHead(raw: string): Route | undefined {
  const topic = TOPIC_HEAD.exec(raw)?.[1];
  if (topic === undefined) return undefined;
  const parsed = parseTopic(topic);
  switch (parsed.family) {
    case 'control':
      return { kind: 'control', topic };
    case 'snapshot':
    case 'media-snapshot':
    case 'analytics': {
      const id = BODY_ID_HEAD.exec(raw)?.[3];
      return isId(id) ? { kind: 'event', key: id, topic } : undefined;
    }
    default:
      return { kind: 'event', key: parsed.conversationId ?? topic, topic };
  }
}

/** For what names no conversation: stable, so that a copy goes the same way. */
export const keyOfText = (raw: string): string => `text-${createHash('sha256').update(raw).digest('hex').slice(0, 32)}`;

/** The long way. */
export function routeByParsing(raw: string): Route {
  const frame = asObject(parseJson(raw));
  const topic = frame?.['topicName'];
  if (typeof topic !== 'string' || topic === '' || topic.length > MAX_TOPIC_LENGTH) {
    return { kind: 'event', key: keyOfText(raw) };
  }
  const parsed = parseTopic(topic);
  if (parsed.family === 'control') return { kind: 'control', topic };
  if (parsed.family === 'snapshot' || parsed.family === 'media-snapshot' || parsed.family === 'analytics') {
    const id = asObject(frame?.['eventBody'])?.['id'];
    return { kind: 'event', key: isId(id) ? id : topic, topic };
  }
  return { kind: 'event', key: parsed.conversationId ?? topic, topic };
}
