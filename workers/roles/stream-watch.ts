// What an ingester tells of its stream, and what it finds when it looks at the others. Invariant: each trouble is told once,
// and again only after it was gone.
import { channelTrouble, streamFacts, streamFactsSchema, type Listener } from '../../src/genesys/stream-facts.ts';
import type { StreamState } from '../../src/genesys/stream-record.ts';
import { readProcesses } from '../../src/api/sampling/processes.ts';
import { every, type Ticker } from '../../src/runtime/ticker.ts';
import type { Foundation } from './foundation.ts';

const LOOK_MS = 10_000;

/** Looks once before it resolves, so that trouble is told at the start. */
export async function watchStreams(
  base: Foundation,
  listener: Listener,
  state: () => StreamState | undefined,
): Promise<Ticker> {
  const { redis, keys, clock, log, notes, onRedisError } = base;
  let told: string | undefined;
  notes.set('stream', () => streamFacts(listener, state()));
  const look = async (): Promise<void> => {
    const said = (await readProcesses(redis, keys, clock.now())).map((process) => process.notes['stream']);
    const all = said.map((note) => streamFactsSchema.safeParse(note).data).filter((facts) => facts !== undefined);
    const others = all.filter(({ ingester }) => ingester !== listener.ingester);
    const trouble = channelTrouble([...others, streamFacts(listener, state())]);
    if (trouble !== undefined && trouble !== told) log.warn({ code: 'channels_over_client' }, trouble);
    told = trouble;
  };
  await look().catch(onRedisError);
  return every(LOOK_MS, look, { clock, onError: onRedisError });
}
