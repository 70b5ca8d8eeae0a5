// What the ingesters say of their streams, each and together. Invariant: only those that live count; of ingesters that follow
// the same, one that hears is enough.
import { channelTrouble, streamFactsSchema, type StreamFacts } from '../../genesys/stream-facts.ts';
import type { Overview } from './overview-schema.ts';
import type { Presence } from './processes.ts';

type Stream = Overview['stream'];

export function streamOf(processes: readonly Pick<Presence, 'notes'>[], now: number): Stream {
  const all = processes
    .map(({ notes }) => streamFactsSchema.safeParse(notes['stream']).data)
    .filter((facts) => facts !== undefined);
  const native = all.filter((facts) => facts.native);
  const names = new Set(native.map(({ feed }) => feed));
  const feeds = [...names].map((name) => native.filter(({ feed }) => feed === name));
  const lastFrameAt = Math.max(0, ...native.map((facts) => facts.lastFrameAt));
  const since = native.flatMap((facts) => (facts.connected ? [facts.connectedSince] : []));
  return {
    native: all.length === 0 || native.length > 0,
    connected: feeds.length > 0 && feeds.every((members) => members.some(({ connected }) => connected)),
    lastFrameAgeMs: ageOf(lastFrameAt, now),
    connectedSince: since.length === 0 ? null : Math.min(...since),
    topics: feeds.reduce((sum, members) => sum + Math.max(...members.map(({ topics }) => topics)), 0),
    channels: native.reduce((sum, { channels }) => sum + channels, 0),
    paused: native.some(({ paused }) => paused),
    reconnects: native.reduce((sum, { reconnects }) => sum + reconnects, 0),
    trouble: channelTrouble(native) ?? null,
    ingesters: native.map((facts) => ingesterOf(facts, now)).toSorted((a, b) => a.id.localeCompare(b.id)),
  };
}

function ingesterOf(facts: StreamFacts, now: number): Stream['ingesters'][number] {
  const { ingester: id, connected, topics, leftOutTopics, channels, paused, reconnects } = facts;
  const figures = { id, connected, topics, leftOutTopics, channels, paused, reconnects };
  const connectedSince = facts.connectedSince === 0 ? null : facts.connectedSince;
  return { ...figures, connectedSince, lastFrameAgeMs: ageOf(facts.lastFrameAt, now) };
}

const ageOf = (lastFrameAt: number, now: number): number | null =>
  lastFrameAt === 0 ? null : Math.max(0, now - lastFrameAt);
