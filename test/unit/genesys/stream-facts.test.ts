// Ingesters taken together: whose stream counts, and when they have more channels than their OAuth client.
import { describe, expect, it } from 'vitest';
import { streamOf } from '../../../src/api/sampling/streams.ts';
import { channelTrouble, type StreamFacts } from '../../../src/genesys/stream-facts.ts';

const NOW = 1_772_442_000_000;
const facts = (over: Partial<StreamFacts> = {}): StreamFacts => ({
  ingester: 'one', native: true, client: 'c', feed: 'f', connected: true, topics: 24, leftOutTopics: 0, channels: 1,
  mostChannels: 10, lastFrameAt: NOW - 900, connectedSince: NOW - 60_000, paused: false, reconnects: 1, ...over,
}); // prettier-ignore
const together = (...all: readonly object[]) =>
  streamOf(
    all.map((stream) => ({ notes: { stream } })),
    NOW,
  );

describe('ingesters together', () => {
  it('are connected when one of those that follow the same is; each is shown by itself', () => {
    const other = facts({ ingester: 'two', connected: false, lastFrameAt: NOW - 5000, reconnects: 3 });
    const stream = together(other, facts());
    expect(stream).toMatchObject({ native: true, connected: true, topics: 24, channels: 2, reconnects: 4 });
    expect(stream).toMatchObject({ lastFrameAgeMs: 900, connectedSince: NOW - 60_000, trouble: null });
    expect(stream.ingesters.map(({ id, connected }) => [id, connected])).toEqual([['one', true], ['two', false]]); // prettier-ignore
  });

  it('are not when nobody hears what one alone follows', () => {
    const other = facts({ ingester: 'two', feed: 'other', connected: false, topics: 6 });
    expect(together(other, facts())).toMatchObject({ connected: false, topics: 30 });
  });

  it('are nobody where none lives, or where all take envelopes only', () => {
    expect(together()).toMatchObject({ native: true, connected: false, lastFrameAgeMs: null, ingesters: [] });
    expect(together({ of: 'another version' })).toMatchObject({ connected: false, ingesters: [] });
    expect(together(facts({ native: false }))).toMatchObject({ native: false, connected: false, ingesters: [] });
  });
});

describe('channels of an OAuth client', () => {
  const [one, two] = [facts(), facts({ ingester: 'two' })];

  it.each([
    ['two that may open 20', [one, two], undefined],
    ['one that may open all', [facts({ mostChannels: 20 })], undefined],
    [
      'two of different clients',
      [facts({ mostChannels: 20 }), { ...two, client: 'other', mostChannels: 20 }],
      undefined,
    ],
    ['one that takes envelopes only', [facts({ mostChannels: 20 }), { ...two, native: false }], undefined],
    ['two that may open more', [one, { ...two, mostChannels: 11 }], /2 ingesters may open 21 .* client has 20: .*MAX_CHANNELS to 10 on each/], // prettier-ignore
    ['three that use more', [one, two, one].map((each) => ({ ...each, channels: 7 })), /3 ingesters use 21 .*MAX_CHANNELS to 6 on each/], // prettier-ignore
  ])('%s', (_what, all, expected) => {
    const trouble = channelTrouble(all);
    if (expected === undefined) expect(trouble).toBeUndefined();
    else expect(trouble).toMatch(expected);
  });
});
