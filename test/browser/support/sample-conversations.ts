// Conversations as the conversations stage remembers them: of all media, at all points of their life. Seeded.
import type { ConversationState, ParticipantState } from '../../../src/domain/conversation/state.ts';
import { partitionOf } from '../../../src/stores/redis/partition-of.ts';

export const PARTITIONS = 16;

/** Mulberry32: small, and the same on every machine. */
export function seededRandom(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const MEDIA = ['voice', 'voice', 'voice', 'message', 'message', 'email', 'callback', 'chat'] as const;

/** Who takes part in which state, from the moment a customer arrives to the work after the call. */
const SCENES: readonly (readonly (readonly [string, ParticipantState['state']])[])[] = [
  [['customer', 'active'], ['acd', 'active']],
  [['customer', 'active'], ['acd', 'active'], ['agent', 'joined']],
  [['customer', 'active'], ['acd', 'left'], ['agent', 'active']],
  [['customer', 'active'], ['ivr', 'left'], ['acd', 'left'], ['agent', 'active']],
  [['customer', 'held'], ['acd', 'left'], ['agent', 'held']],
  [['customer', 'active'], ['acd', 'left'], ['agent', 'failed'], ['agent', 'joined']],
  [['customer', 'active'], ['acd', 'left'], ['agent', 'left'], ['acd', 'active']],
  [['customer', 'active'], ['acd', 'left'], ['agent', 'left'], ['agent', 'active'], ['agent', 'pending']],
]; // prettier-ignore

export interface Placed {
  readonly state: ConversationState;
  readonly partition: number;
}

export interface SampleRequest {
  readonly count: number;
  readonly now: number;
  readonly random: () => number;
}

export const sampleConversations = (request: SampleRequest): Placed[] =>
  Array.from({ length: request.count }, () => sampleConversation(request));

function sampleConversation({ now, random }: SampleRequest): Placed {
  const conversationId = seededId(random);
  const startedAt = now - Math.round(5000 + 900_000 * random() ** 3);
  const scene = pick(SCENES, random);
  const participants = Object.fromEntries(
    scene.map(([purpose, state], i) => [seededId(random), { purpose, state, since: startedAt + i * 1500 }]),
  );
  const queueId = `${Math.floor(random() * 4)}f9d2c1e-0000-4000-8000-000000000001`;
  const known = {
    conversationId,
    media: pick(MEDIA, random),
    startedAt,
    asOf: startedAt + 4000,
    bornAt: startedAt,
    version: scene.length,
  };
  return {
    state: { v: 1, phase: 'open', direction: 'inbound', queueId, participants, ...known },
    partition: partitionOf(conversationId, PARTITIONS),
  };
}

function pick<T>(all: readonly T[], random: () => number): T {
  const picked = all[Math.floor(random() * all.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

function seededId(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
