// A native frame as an observation. Invariants: throws nothing but Poison, whose code is stable and whose message names
// fields and never quotes them; a decoded observation belongs to the conversation by which the frame was routed.
import type { Observation } from '../../domain/observation.ts';
import { Poison } from '../../runtime/errors.ts';
import { decodeAnalytics } from './analytics.ts';
import { decodeClock } from './clock.ts';
import { WHOLE, type Reading } from './customer.ts';
import { decodeDetail } from './detail.ts';
import { asObject, parseJson } from './json.ts';
import { decodeMediaSnapshot } from './media-snapshot.ts';
import { bodyOf, rememberRepeats } from './repeats.ts';
import { routeByHead, type Route } from './route.ts';
import { decodeSnapshot } from './snapshot.ts';
import { parseTopic } from './topics.ts';
import { decodeTranscription } from './transcription.ts';

export type Decoded =
  | { readonly kind: 'observation'; readonly observation: Observation }
  /** Nothing is wrong with it; we have no use for it yet. */
  | { readonly kind: 'unknown-topic'; readonly topic: string };

export const POISON_CODES = [
  'frame_not_json',
  'frame_without_topic',
  'frame_invalid',
  'frame_misrouted',
  'snapshot_without_id',
] as const;

interface Frame {
  readonly topicName: string;
  readonly eventBody: Readonly<Record<string, unknown>>;
}

/** For a stream of frames: a snapshot that repeats the last one of its conversation is not read again. */
export function frameDecoder(reading = WHOLE): (raw: string, receivedAt: number) => Decoded {
  const repeats = rememberRepeats();
  return (raw, receivedAt) => {
    const route = routeByHead(raw);
    const body = isSnapshot(route) ? bodyOf(raw) : undefined;
    if (body === undefined || route?.kind !== 'event') return decodeFrame(raw, receivedAt, route, reading);
    const observation = repeats.find(route.key, body, receivedAt);
    if (observation !== undefined) return { kind: 'observation', observation };
    const decoded = decodeFrame(raw, receivedAt, route, reading);
    if (decoded.kind === 'observation') repeats.keep(body, decoded.observation);
    return decoded;
  };
}

const isSnapshot = (route: Route | undefined): boolean =>
  route?.kind === 'event' && route.topic !== undefined && parseTopic(route.topic).family === 'snapshot';

export function decodeFrame(raw: string, receivedAt: number, route = routeByHead(raw), reading = WHOLE): Decoded {
  const frame = parseFrame(raw);
  const observation = observe(frame, receivedAt, reading);
  if (observation === undefined) return { kind: 'unknown-topic', topic: frame.topicName.slice(0, 256) };
  refuseMisrouted(route, observation.conversationId);
  return { kind: 'observation', observation };
}

function observe({ topicName, eventBody }: Frame, receivedAt: number, reading: Reading): Observation | undefined {
  const topic = parseTopic(topicName);
  switch (topic.family) {
    case 'snapshot':
      requireId(eventBody);
      return decodeSnapshot(eventBody, receivedAt, reading);
    case 'media-snapshot':
      requireId(eventBody);
      return decodeMediaSnapshot(eventBody, topic.media, receivedAt, reading);
    case 'analytics':
      requireId(eventBody);
      return decodeAnalytics(eventBody, receivedAt);
    case 'detail':
      return ofConversation(topic.conversationId, decodeDetail(eventBody, topic.event, receivedAt));
    case 'transcription':
      return ofConversation(topic.conversationId, decodeTranscription(eventBody, receivedAt));
    case 'clock':
      return ofConversation(topic.conversationId, decodeClock(eventBody, receivedAt));
    default:
      return undefined;
  }
}

function parseFrame(raw: string): Frame {
  const parsed = parseJson(raw);
  if (parsed === undefined) throw new Poison('frame_not_json', 'the frame is not JSON');
  const { topicName, eventBody } = asObject(parsed) ?? {};
  if (typeof topicName !== 'string' || topicName === '') {
    throw new Poison('frame_without_topic', 'topicName: expected a string that names a topic');
  }
  const body = asObject(eventBody);
  if (body === undefined) throw new Poison('frame_invalid', 'eventBody: expected an object');
  return { topicName, eventBody: body };
}

function requireId(body: Readonly<Record<string, unknown>>): void {
  const { id } = body;
  if (id !== undefined && id !== null && id !== '') return;
  throw new Poison('snapshot_without_id', 'eventBody.id: expected the id of a conversation');
}

function ofConversation(conversationId: string, observation: Observation | undefined): Observation | undefined {
  if (observation === undefined || observation.conversationId === conversationId) return observation;
  throw new Poison('frame_misrouted', 'eventBody.conversationId: expected the conversation named by the topic');
}

/** JSON may repeat a key; then the head that routed the frame and the parsed body can name two conversations. */
function refuseMisrouted(route: Route | undefined, conversationId: string): void {
  if (route?.kind !== 'event' || route.key === conversationId) return;
  throw new Poison('frame_misrouted', 'eventBody.id: expected one conversation id, found two');
}
