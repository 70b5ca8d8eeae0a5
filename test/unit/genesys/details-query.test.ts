// The client of the details query, on the emulator where the platform's behaviour is at stake, on a script where its
// refusals are.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGenesysEmulator, type GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import { detailsPage } from '../../../src/genesys/analytics/details-query.ts';
import { followedBy } from '../../../src/genesys/repair/followed.ts';
import { decodeEnvelope } from '../../../src/envelopes/decode.ts';
import { readConversation } from '../../../src/genesys/repair/reading.ts';
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createRest, type Rest } from '../../../src/genesys/rest.ts';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import { decodeFrame } from '../../../src/genesys/codec/decode.ts';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import { Poison } from '../../../src/runtime/errors.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { settled } from '../emulator/platform-client.ts';

const { signal } = new AbortController();
let emulator: GenesysEmulator;
let rest: Rest;
const start = async (over: object = {}): Promise<void> => {
  const analytics = { queryLagMs: 0, drift: 3 };
  emulator = await startGenesysEmulator({
    port: 0,
    seed: 3,
    conversationsPerMinute: 0,
    speed: 2000,
    analytics,
    ...over,
  });
  const urls = platformUrls({ region: 'mypurecloud.com', gatewayUrl: emulator.url });
  const tokens = createSignIn({
    url: urls.login,
    clientId: EMULATOR_CLIENT.id,
    clientSecret: EMULATOR_CLIENT.secret,
    clock: systemClock,
  });
  rest = createRest({ url: urls.api, tokens });
};
beforeEach(() => start());
afterEach(() => emulator.close());

describe('the details query', () => {
  it('names every conversation by the empty page, although its pages drift', async () => {
    const started = emulator.driver.start(230);
    const interval = { from: Date.now() - 60_000, to: Date.now() + 60_000 };
    const ids: string[] = [];
    for (let pageNumber = 1; ; pageNumber += 1) {
      const page = await detailsPage(rest, { ...interval, sweep: 'active', endedSince: 0 }, pageNumber, signal);
      if (page === 'refused' || page.isLast) break;
      expect(page.total).toBe(started.length);
      ids.push(...page.conversations.map(({ conversationId }) => conversationId));
    }
    expect(ids.length).toBeGreaterThan(started.length);
    expect(new Set(ids)).toEqual(new Set(started));
  });

  it('tells those that are open from those that have ended, the newest end first and none before a moment', async () => {
    emulator.driver.start(3);
    await settled(emulator);
    const endedSince = Date.now();
    emulator.driver.start(3);
    await settled(emulator);
    const open = emulator.driver.start(2, 'email');
    const about = { from: endedSince - 60_000, to: Date.now() + 60_000, endedSince };
    const ask = async (sweep: 'open' | 'ended') => {
      const page = await detailsPage(rest, { ...about, sweep }, 1, signal);
      if (page === 'refused') return expect.fail('refused');
      return { ids: page.conversations.map(({ conversationId }) => conversationId), isLast: page.isLast };
    };
    expect(await ask('open')).toEqual({ ids: expect.arrayContaining([...open]), isLast: false });
    const ended = emulator.driver
      .ledger()
      .conversations.filter(({ endTime }) => Date.parse(endTime ?? '') >= endedSince)
      .toSorted((a, b) => Date.parse(b.endTime ?? '') - Date.parse(a.endTime ?? ''))
      .map(({ conversationId }) => conversationId);
    const answer = await ask('ended');
    // those that are open may end while this is asked
    expect(answer.ids.filter((id) => !open.includes(id))).toEqual(ended.filter((id) => !open.includes(id)));
    expect(ended.length).toBeGreaterThanOrEqual(3);
    // nothing on the next page can have ended since: it ended before the oldest of this one
    expect(answer.isLast).toBe(true);
  });

  it('says when the platform refuses an interval', async () => {
    const interval = { from: Date.now() - 40 * 86_400_000, to: Date.now() };
    expect(await detailsPage(rest, { ...interval, sweep: 'active', endedSince: 0 }, 1, signal)).toBe('refused');
  });
});

describe('what is followed', () => {
  const conversation = (queueId: string, userId: string) => ({
    conversationId: 'c',
    participants: [{ userId, sessions: [{ segments: [{ queueId }] }] }],
  });

  it.each([
    ['all', 'none', true],
    ['none', 'all', true],
    ['none', 'none', false],
    ['q1,q2', 'none', true],
    ['q2', 'none', false],
    ['none', 'u1', true],
    ['q2', 'u2', false],
  ])('queues %s and users %s: %s', (queues, users, expected) => {
    expect(followedBy({ queues, users })(conversation('q1', 'u1'))).toBe(expected);
  });

  it('is nothing that reached neither a queue nor a user', () => {
    const ivr = { conversationId: 'c', participants: [{ sessions: [{ segments: [{ segmentType: 'ivr' }] }] }] };
    expect(followedBy({ queues: 'all', users: 'all' })(ivr)).toBe(false);
  });
});

describe('a reading', () => {
  const observe = (frame: string | undefined, state?: ConversationState): ConversationState => {
    const decoded = decodeFrame(frame ?? '', Date.now());
    if (decoded.kind !== 'observation') throw new Error('not an observation');
    return reduce(state, decoded.observation).state;
  };
  const read = (id: string, state?: ConversationState) => readConversation(rest, id, async () => state, signal);

  it('is the conversation as it is', async () => {
    const [id = ''] = emulator.driver.start(1, 'voice');
    await settled(emulator);
    const { kind, frame } = await read(id);
    expect(kind).toBe('read');
    const state = observe(frame);
    expect(state).toMatchObject({ conversationId: id, phase: 'ended', media: 'voice' });
    // and says nothing new the second time
    expect(observe((await read(id)).frame, state)).toBe(state);
  });

  it('is what analytics remembers where the platform has it no more: the same end, work and wrap-up', async () => {
    await emulator.close();
    await start({ graceMs: 0 });
    emulator.driver.start(12);
    await settled(emulator);
    for (const entry of emulator.driver.ledger().conversations) {
      const { kind, frame } = await read(entry.conversationId);
      expect(kind).toBe('history');
      const state = observe(frame);
      expect(state).toMatchObject({ phase: 'ended', media: entry.media });
      for (const there of entry.participants) {
        const here = state.participants[there.id];
        const reached = there.connectedTime === undefined ? 'failed' : 'left';
        expect({ ...here, endedAt: new Date(here?.endedAt ?? 0).toISOString() }).toMatchObject({
          state: reached,
          purpose: there.purpose,
          endedAt: there.endTime,
        });
        expect(here?.wrapUpCode).toBe(there.wrapUpCode);
        expect(here?.afterCallWork).toBe(there.afterCallWork);
      }
    }
  });

  it('of analytics says nothing new of a conversation that was heard to its end', async () => {
    emulator.driver.start(12);
    await settled(emulator);
    const forgetful: Rest = {
      call: async (call) => {
        if (call.path === '/conversations/{conversationId}') throw new Poison('not_found', 'was answered 404');
        return rest.call(call);
      },
    };
    for (const { conversationId } of emulator.driver.ledger().conversations) {
      // snapshots of a callback do not tell its direction
      const heard = { ...observe((await read(conversationId)).frame), direction: 'inbound' as const };
      const { kind, frame } = await readConversation(forgetful, conversationId, async () => heard, signal);
      expect(kind).toBe('history');
      expect(observe(frame, heard)).toBe(heard);
    }
  });

  it('ends what was live here, when it was last heard of, where nobody has it any more', async () => {
    const [id = ''] = emulator.driver.start(1, 'email');
    const live = observe((await read(id)).frame);
    expect(live.phase).toBe('open');
    const strange = { ...live, conversationId: '00000000-0000-4000-8000-000000000000' };
    const { kind, frame } = await read(strange.conversationId, strange);
    expect(kind).toBe('gone');
    const ended = observe(frame, strange);
    expect(ended).toMatchObject({ phase: 'ended', endedAt: live.asOf });
    expect(await read(strange.conversationId, ended)).toEqual({ kind: 'gone', frame: undefined });
    expect(await read(strange.conversationId)).toEqual({ kind: 'gone', frame: undefined });
  });

  it('leaves alone what only envelopes have told of, whatever its id', async () => {
    const told = (conversationId: string): ConversationState => {
      const payload = { participantId: 'p-1' };
      const raw = JSON.stringify({ eventType: 'participant:joined', conversationId, payload });
      return reduce(undefined, decodeEnvelope(raw, Date.now())).state;
    };
    const [id = ''] = emulator.driver.start(1, 'email');
    const ownId = '00000000-0000-4000-8000-000000000001';
    expect(await read('c-1', told('c-1'))).toEqual({ kind: 'gone', frame: undefined });
    expect(await read(ownId, told(ownId))).toEqual({ kind: 'gone', frame: undefined });
    // one that the platform has as well is read like any other, and is the platform's from then on
    const { kind, frame } = await read(id, told(id));
    expect(kind).toBe('read');
    expect(observe(frame, told(id)).envelopesOnly).toBeUndefined();
  });
});
