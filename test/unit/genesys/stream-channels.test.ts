// More topics than one channel takes, and topics that come and go: which channel follows what, and what was not heard.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, QUEUES, SUBSCRIPTIONS, createStreamHarness, until, type StreamHarness } from './stream-harness.ts';

const EVERYTHING = { queues: 'all', users: 'all' };
const users = (count: number): string[] => Array.from({ length: count }, (_, i) => `user-${i}`);
const queue = (n: number): string => `11111111-0000-4000-8000-00000000000${n}`;
const topic = (n: number): string => `v2.routing.queues.${queue(n)}.conversations`;

describe('stream over several channels', () => {
  let h: StreamHarness;

  beforeEach(async () => {
    h = await createStreamHarness();
  });
  afterEach(() => h.close());

  /** Topics of each subscribing, in order. */
  const subscribed = (): string[][] =>
    h.platform.requests
      .filter(({ route }) => route === SUBSCRIPTIONS)
      .map(({ body }) => (JSON.parse(body) as { id: string }[]).map(({ id }) => id));
  const socketOf = (channelId: string) =>
    h.platform.sockets.findLast((socket) => socket.channelId === channelId)?.socket ?? expect.fail('no socket');
  /** Not in one step: the sockets' watchdogs would rightly object to so long a silence. */
  const untilRelisted = async (): Promise<void> => {
    const before = h.platform.count(QUEUES);
    while (h.platform.count(QUEUES) === before) {
      h.clock.advance(30_000);
      const heard = h.frames.length;
      const open = h.platform.sockets.filter(({ socket }) => socket.readyState === socket.OPEN);
      for (const { socket } of open) socket.send('{}');
      await until(() => expect(h.frames.length).toBe(heard + open.length));
    }
  };

  it('spreads 1,500 topics over two channels, each with its own socket', async () => {
    h.platform.queues.length = 0;
    h.platform.users.push(...users(1500));
    h.start(EVERYTHING);
    await h.connected(2);
    expect(h.state()).toMatchObject({ topics: 1500, leftOutTopics: 0, rejectedTopics: [] });
    expect(new Set(subscribed().map((topics) => topics.length))).toEqual(new Set([1000, 500]));
    expect(new Set(subscribed().flat()).size).toBe(1500);
    expect(h.state().channels.map(({ topics }) => topics)).toEqual([1000, 500]);
    expect(new Set(h.gaps.map(({ cause, channel }) => `${cause} ${channel}`))).toEqual(new Set(['start 0', 'start 1']));
    for (const channel of ['streaming-1', 'streaming-2']) socketOf(channel).send(`from ${channel}`);
    await until(() => expect(h.frames.toSorted()).toEqual(['from streaming-1', 'from streaming-2']));
  });

  it('is not connected while one channel is cut; the gap is that channel’s alone', async () => {
    h.platform.users.push(...users(1500));
    h.start(EVERYTHING);
    await h.connected(2);
    const cut = h.state().channels.find(({ channelId }) => channelId === 'streaming-2')?.channel;
    const lostAt = h.clock.now();
    socketOf('streaming-2').terminate();
    await h.waitsFor(1000);
    expect(h.state()).toMatchObject({ connected: false, gapSince: lostAt });
    socketOf('streaming-1').send('still heard');
    await until(() => expect(h.frames).toEqual(['still heard']));
    h.clock.advance(1000);
    await h.connected(3);
    expect(h.gaps.at(-1)).toEqual({ from: lostAt, to: lostAt + 1000, cause: 'closed', channel: cut });
    expect(h.state().reconnects).toBe(1);
  });

  it('leaves out, counts and names what its share of channels does not take: users before queues', async () => {
    h.platform.users.push(...users(1500));
    h.start(EVERYTHING, 1);
    await h.connected(1);
    expect(h.state()).toMatchObject({ topics: 1000, leftOutTopics: 501 });
    expect(subscribed()[0]?.[0]).toBe(topic(1));
  });

  it('lives on when one channel’s topics are all rejected, and stops when all channels’ are', async () => {
    h.platform.queues.length = 0;
    h.platform.users.push(...users(1001));
    h.platform.rejected.add('v2.users.user-1000.conversations');
    h.start(EVERYTHING);
    await h.connected(2);
    expect(h.state()).toMatchObject({ topics: 1000, rejectedTopics: [{ topic: 'v2.users.user-1000.conversations' }] });
    await h.stream().stop();

    for (const user of users(1000)) h.platform.rejected.add(`v2.users.${user}.conversations`);
    h.start(EVERYTHING);
    await until(() => expect(h.fatal).toMatchObject([{ code: 'no_topics_permitted' }]));
    expect(String(h.fatal[0])).toContain('Grant routing:queue:view');
  });

  it('follows a new queue without a restart, and reports since when it was not heard', async () => {
    h.start();
    await h.connected(1);
    const firstListing = h.clock.now();
    h.platform.queues.push(queue(2));
    await untilRelisted();
    await until(() => expect(h.gaps.length).toBe(2));
    expect(subscribed().at(-1)).toEqual([topic(1), topic(2)]);
    expect(h.gaps.at(-1)).toEqual({ from: firstListing, to: h.clock.now(), cause: 'topics_added', channel: 0 });
    expect([h.state().topics, h.state().reconnects, h.platform.sockets.length]).toEqual([2, 0, 1]);

    const secondListing = h.clock.now();
    h.platform.queues.push(queue(3));
    await untilRelisted();
    await until(() => expect(h.gaps.length).toBe(3));
    expect(h.gaps.at(-1)?.from).toBe(secondListing);
  });

  it('subscribes nothing again while nothing changes', async () => {
    h.start();
    await h.connected(1);
    await untilRelisted();
    await untilRelisted();
    expect([h.platform.count(SUBSCRIPTIONS), h.gaps.length]).toEqual([1, 1]);
  });

  it('opens another channel for topics that the first has no room for, and closes one that nothing is left for', async () => {
    h.platform.users.push(...users(999));
    h.start(EVERYTHING);
    await h.connected(1);
    const listedAt = h.clock.now();
    h.platform.users.push('new');
    await untilRelisted();
    await h.connected(2);
    expect(h.gaps.at(-1)).toEqual({ from: listedAt, to: h.clock.now(), cause: 'topics_added', channel: 1 });
    expect(h.state()).toMatchObject({ topics: 1001, reconnects: 0 });

    h.platform.users.pop();
    await untilRelisted();
    await untilRelisted();
    await until(() => expect(h.state()).toMatchObject({ connected: true, topics: 1000, channels: [{ channel: 0 }] }));
    await until(() => expect(socketOf('streaming-2').readyState).toBe(socketOf('streaming-2').CLOSED));
  });

  it('does not let go of a queue that one listing lacks', async () => {
    h.platform.queues.push(queue(2));
    h.start();
    await h.connected(1);
    h.platform.script(QUEUES, { body: { entities: [{ id: queue(1) }], pageCount: 1 } });
    await untilRelisted();
    await untilRelisted();
    expect(h.platform.count(SUBSCRIPTIONS)).toBe(1);
    h.platform.queues.pop();
    await untilRelisted();
    await untilRelisted();
    await until(() => expect(subscribed().at(-1)).toEqual([topic(1)]));
  });

  it('follows what it knows while listing fails, and lists on', async () => {
    h.start();
    await h.connected(1);
    h.platform.script(QUEUES, { status: 403 }, { body: { entities: [], pageCount: 1 } });
    h.platform.queues.push(queue(2));
    await untilRelisted();
    await untilRelisted();
    expect([h.fatal, h.platform.count(SUBSCRIPTIONS), h.state().connected]).toEqual([[], 1, true]);
    await untilRelisted();
    await until(() => expect(h.state().topics).toBe(2));
  });

  it('hears of new topics on the channel that replaces an evicted one', async () => {
    h.start();
    await h.connected(1);
    h.platform.queues.push(queue(2));
    h.platform.script(SUBSCRIPTIONS, { status: 404 });
    h.platform.evict('streaming-1');
    await untilRelisted();
    await until(() => expect(h.state().connected).toBe(false));
    h.clock.advance(1000);
    await h.connected(2);
    expect(h.platform.count(CHANNELS)).toBe(2);
    expect(subscribed().at(-1)).toEqual([topic(1), topic(2)]);
    const causes = h.gaps.map(({ cause }) => cause);
    expect(causes).toEqual(['start', 'topics_added', 'channel_gone']);
  });
});
