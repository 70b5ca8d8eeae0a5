// Which topics are followed, and how they spread over channels; what a channel says about each.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChannel, subscribe } from '../../../src/genesys/channel.ts';
import type { Rest } from '../../../src/genesys/rest.ts';
import { planTopics, wantedAfter } from '../../../src/genesys/topic-plan.ts';
import { findTopics } from '../../../src/genesys/topics.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { connectRest, startScriptedPlatform, type ScriptedPlatform } from './scripted-platform.ts';

const QUEUES = 'GET /api/v2/routing/queues';
const USERS = 'GET /api/v2/users';
const CHANNELS = 'POST /api/v2/notifications/channels';
const SUBSCRIPTIONS = 'PUT /api/v2/notifications/channels/:id/subscriptions';
const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`);

describe('topics and channels', () => {
  const clock = createFakeClock();
  let platform: ScriptedPlatform;
  let rest: Rest;

  beforeEach(async () => {
    platform = await startScriptedPlatform();
    rest = connectRest(platform, clock);
  });
  afterEach(() => platform.close());

  it('lists all queues and users page by page, queues first', async () => {
    platform.queues.splice(0, 1, ...ids(250));
    platform.users.push(...ids(101));
    const topics = await findTopics(rest, { queues: 'all', users: 'all' });
    expect(topics).toEqual([
      ...ids(250).map((id) => `v2.routing.queues.${id}.conversations`),
      ...ids(101).map((id) => `v2.users.${id}.conversations`),
    ]);
    expect([platform.count(QUEUES), platform.count(USERS)]).toEqual([3, 2]);
  });

  it('counts once what drifts from one page to the next', async () => {
    const [a = '', b = '', c = ''] = ids(3);
    const pageOf = (...entities: string[]) => ({ body: { entities: entities.map((id) => ({ id })), pageCount: 2 } });
    platform.script(QUEUES, pageOf(a, b), pageOf(b, c));
    const topics = await findTopics(rest, { queues: 'all', users: 'none' });
    expect(topics).toEqual([a, b, c].map((id) => `v2.routing.queues.${id}.conversations`));
  });

  it('takes ids as they are, without asking', async () => {
    const [queue = '', user = ''] = ids(2);
    expect(await findTopics(rest, { queues: queue, users: `${user},${user}` })).toEqual([
      `v2.routing.queues.${queue}.conversations`,
      `v2.users.${user}.conversations`,
    ]);
    expect(platform.requests).toEqual([]);
  });

  it('names the settings when there is nothing to follow', async () => {
    platform.queues.length = 0;
    const failure = findTopics(rest, { queues: 'all', users: 'none' });
    await expect(failure).rejects.toMatchObject({ kind: 'fatal', code: 'no_topics' });
    await expect(failure).rejects.toThrow(/THROUGHLINE_GENESYS_QUEUES.*THROUGHLINE_GENESYS_USERS/);
  });

  it('names permission and setting when listing is forbidden', async () => {
    platform.script(USERS, { status: 403, body: { code: 'missing.permissions', message: 'directory:user:view' } });
    const failure = findTopics(rest, { queues: 'none', users: 'all' });
    await expect(failure).rejects.toMatchObject({ kind: 'fatal', code: 'missing_permission' });
    await expect(failure).rejects.toThrow(/Grant directory:user:view.*THROUGHLINE_GENESYS_USERS/);
  });

  it('stops listing at what twenty channels can take', async () => {
    const endless = { body: { entities: [{ id: ids(1)[0] }] } };
    platform.script(QUEUES, ...Array.from({ length: 300 }, () => endless));
    await findTopics(rest, { queues: 'all', users: 'none' });
    expect(platform.count(QUEUES)).toBe(200);
  });

  it('plans channels without loss, in order, none over its size', () => {
    const room = fc.record({ channels: fc.integer({ min: 1, max: 5 }), perChannel: fc.integer({ min: 1, max: 20 }) });
    const topics = fc.uniqueArray(fc.integer({ min: 0, max: 99 }).map(String), { maxLength: 100 });
    fc.assert(
      fc.property(topics, topics, room, (first, second, limits) => {
        const fresh = planTopics([], first, limits);
        expect([...fresh.lots.flat(), ...fresh.leftOut]).toEqual(first);
        const { lots, leftOut } = planTopics(fresh.lots, second, limits);
        expect([...lots.flat(), ...leftOut].toSorted()).toEqual(second.toSorted());
        expect(lots.every((lot) => lot.length <= limits.perChannel) && lots.length <= limits.channels).toBe(true);
        const full = limits.channels * limits.perChannel;
        expect(leftOut.length).toBe(Math.max(0, second.length - full));
        for (const [channel, lot] of fresh.lots.entries()) {
          const stay = lot.filter((topic) => second.includes(topic));
          expect(lots[channel]?.slice(0, stay.length)).toEqual(stay);
        }
      }),
    );
    const plan = planTopics([], ids(1500), { channels: 20, perChannel: 1000 });
    expect(plan.lots.map((lot) => lot.length)).toEqual([1000, 500]);
  });

  it('keeps the very list of a channel that nothing changed on', () => {
    const { lots } = planTopics([], ids(30), { channels: 3, perChannel: 10 });
    const [, , gone = ''] = ids(30);
    const after = planTopics(
      lots,
      ids(30).filter((id) => id !== gone),
      { channels: 3, perChannel: 10 },
    );
    expect(after.lots[0]).not.toBe(lots[0]);
    expect(after.lots[1]).toBe(lots[1]);
  });

  it('lets a topic go only when two listings in a row lack it', () => {
    const once = wantedAfter(['a', 'b'], ['a'], new Set());
    expect(once).toEqual({ wanted: ['a', 'b'], missed: new Set(['b']) });
    expect(wantedAfter(['a', 'b'], ['a'], once.missed)).toEqual({ wanted: ['a'], missed: new Set() });
    expect(wantedAfter(['a', 'b'], ['a', 'b'], once.missed)).toEqual({ wanted: ['a', 'b'], missed: new Set() });
  });

  it('makes a channel, bounding the life it claims', async () => {
    const made = (expires?: string) => ({ body: { id: 'c', connectUri: 'wss://x.test/channels/c', expires } });
    const inHours = (hours: number) => new Date(clock.now() + hours * 3_600_000).toISOString();
    platform.script(CHANNELS, made(inHours(12)), made(inHours(-3)), made(inHours(400)), made(), made('soon'));
    const lives: number[] = [];
    for (let i = 0; i < 5; i += 1) lives.push((await createChannel(rest, clock)).lifeMs / 3_600_000);
    expect(lives).toEqual([12, 1 / 12, 24, 24, 24]);
  });

  it('refuses a channel whose address is no socket', async () => {
    platform.script(CHANNELS, { body: { id: 'c', connectUri: 'file:///etc/passwd' } });
    await expect(createChannel(rest, clock)).rejects.toMatchObject({ code: 'unexpected_answer' });
  });

  it('subscribes to everything at once and names what is rejected', async () => {
    const channel = await createChannel(rest, clock);
    platform.rejected.add('v2.users.b.conversations');
    const rejected = await subscribe(rest, channel, ['v2.users.a.conversations', 'v2.users.b.conversations']);
    expect(rejected).toEqual([
      { topic: 'v2.users.b.conversations', reason: 'not yours', missingPermissions: ['routing:queue:view'] },
    ]);
    const request = platform.requests.at(-1);
    expect(request?.query.get('ignoreErrors')).toBe('true');
    expect(JSON.parse(request?.body ?? '')).toEqual([
      { id: 'v2.users.a.conversations' },
      { id: 'v2.users.b.conversations' },
    ]);
  });

  it('reports a topic that the answer passes over', async () => {
    const channel = await createChannel(rest, clock);
    platform.script(SUBSCRIPTIONS, { body: { entities: [] } });
    expect(await subscribe(rest, channel, ['v2.users.a.conversations'])).toEqual([
      { topic: 'v2.users.a.conversations', reason: expect.stringContaining('absent'), missingPermissions: [] },
    ]);
  });
});
