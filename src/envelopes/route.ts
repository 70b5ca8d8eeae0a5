// Which partition an envelope belongs to, found without parsing it where its head is as senders write it. Invariants: never
// throws; an envelope's key is its conversation's id by the short way and by the long way alike.
import { asObject, parseJson } from '../genesys/codec/json.ts';
import { keyOfText } from '../genesys/codec/route.ts';
import { isId } from '../genesys/codec/topics.ts';

// From the very first character, nothing may stand between: no nested object and no string can be taken for the head.
const STRING = (max: number) => `"([^"\\\\\\u0000-\\u001f]{1,${max}})"`;
const HEAD = new RegExp(
  `^\\s*\\{\\s*"event(?:Type|_type)"\\s*:\\s*${STRING(64)}\\s*,\\s*"conversation(?:Id|_id)"\\s*:\\s*${STRING(64)}\\s*[,}]`,
);
const FIRST_KEY = /^\s*\{\s*"(?:event(?:Type|_type)|conversation(?:Id|_id)|payload)"/;
const NATIVE_FIRST_KEY = /^\s*\{\s*"topicName"/;

/** By its first key, and where that is none of the two kinds', by what it holds. What is neither is a native frame's case. */
export function isEnvelope(raw: string): boolean {
  if (NATIVE_FIRST_KEY.test(raw)) return false;
  if (FIRST_KEY.test(raw)) return true;
  const object = asObject(parseJson(raw));
  if (object === undefined || 'topicName' in object) return false;
  return 'eventType' in object || 'event_type' in object;
}

export function routeEnvelope(raw: string): string {
  const short = routeByHead(raw);
  if (short !== undefined) return short;
  const object = asObject(parseJson(raw));
  const id = object?.['conversationId'] ?? object?.['conversation_id'];
  return isId(id) ? id : keyOfText(raw);
}

/** The short way; undefined where the head does not settle it. */
export function routeByHead(raw: string): string | undefined {
  const id = HEAD.exec(raw)?.[2];
  return isId(id) ? id : undefined;
}
