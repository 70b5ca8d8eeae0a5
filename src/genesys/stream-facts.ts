// What an ingester says of its stream to whoever watches; it lives and expires with the process's presence. Invariant: no
// channel id among it (whoever knows one can listen in), and the OAuth client only as a digest.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { StreamState } from './stream-record.ts';
import { CHANNELS_PER_CLIENT } from './topic-plan.ts';

const count = z.number().int().min(0);

export const streamFactsSchema = z.object({
  ingester: z.string().max(128),
  /** False where it takes envelopes only. */
  native: z.boolean(),
  client: z.string().max(64),
  /** Ingesters that follow the same have the same. */
  feed: z.string().max(64),
  connected: z.boolean(),
  topics: count,
  leftOutTopics: count,
  channels: count,
  mostChannels: count,
  /** 0 before the first. */
  lastFrameAt: z.number(),
  /** 0 while it is not connected. */
  connectedSince: z.number(),
  paused: z.boolean(),
  reconnects: count,
});

export type StreamFacts = z.output<typeof streamFactsSchema>;
export type Listener = Pick<StreamFacts, 'ingester' | 'native' | 'client' | 'feed' | 'mostChannels'>;

/** `state` is undefined where there is no stream, or not yet. */
export function streamFacts(listener: Listener, state: StreamState | undefined): StreamFacts {
  return {
    ...listener,
    connected: state?.connected ?? false,
    topics: state?.topics ?? 0,
    leftOutTopics: state?.leftOutTopics ?? 0,
    channels: state?.channels.length ?? 0,
    lastFrameAt: state?.lastFrameAt ?? 0,
    connectedSince: state?.connectedSince ?? 0,
    paused: state?.paused ?? false,
    reconnects: state?.reconnects ?? 0,
  };
}

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** What is wrong with the channels that all ingesters of an OAuth client have between them; undefined: nothing. */
export function channelTrouble(all: readonly StreamFacts[]): string | undefined {
  for (const client of new Set(all.map((facts) => facts.client))) {
    const trouble = troubleOf(all.filter((facts) => facts.native && facts.client === client));
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function troubleOf(ingesters: readonly StreamFacts[]): string | undefined {
  const used = ingesters.reduce((sum, { channels }) => sum + channels, 0);
  const allowed = ingesters.reduce((sum, { mostChannels }) => sum + mostChannels, 0);
  if (allowed <= CHANNELS_PER_CLIENT) return undefined;
  const verb = used > CHANNELS_PER_CLIENT ? `use ${used}` : `may open ${allowed}`;
  const each = Math.max(1, Math.floor(CHANNELS_PER_CLIENT / ingesters.length));
  return (
    `${ingesters.length} ingesters ${verb} notification channels, but their OAuth client has ${CHANNELS_PER_CLIENT}: ` +
    `the platform closes the oldest for each one more. Set THROUGHLINE_GENESYS_MAX_CHANNELS to ${each} on each ingester`
  );
}
