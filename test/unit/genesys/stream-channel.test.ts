// The stream's channel: made, lost, made again but not too often, lengthened; and what stops the stream for good.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CHANNELS,
  LOGIN,
  QUEUES,
  SUBSCRIPTIONS,
  createStreamHarness,
  notice,
  until,
  type StreamHarness,
} from './stream-harness.ts';

describe('stream channel', () => {
  let h: StreamHarness;

  beforeEach(async () => {
    h = await createStreamHarness();
  });
  afterEach(() => h.close());

  it('makes a new channel when evicted', async () => {
    h.start();
    await h.connected(1);
    h.platform.evict('streaming-1');
    h.lastSocket().send(notice('no_longer_subscribed.streaming-1', { channelId: 'streaming-1' }));
    await h.waitsFor(1000);
    expect(h.state().connected).toBe(false);
    h.clock.advance(1000);
    await h.connected(2);
    expect(h.platform.sockets[1]?.channelId).toBe('streaming-2');
    expect(h.gaps.at(-1)?.cause).toBe('no_longer_subscribed');
  });

  it('makes a new channel when the socket of the old one is refused with 404', async () => {
    h.start();
    await h.connected(1);
    h.platform.evict('streaming-1');
    h.lastSocket().terminate();
    await h.waitsFor(1000);
    h.clock.advance(1000);
    await h.waitsFor(2000);
    h.clock.advance(2000);
    await h.connected(2);
    expect(h.state().channels[0]?.channelId).toBe('streaming-2');
  });

  it('makes a new channel when the socket works but REST no longer knows the channel', async () => {
    h.start();
    await h.connected(1);
    h.lastSocket().terminate();
    await h.waitsFor(1000);
    h.platform.script(SUBSCRIPTIONS, { status: 404 });
    h.clock.advance(1000);
    await h.waitsFor(2000);
    expect(h.state()).toMatchObject({ connected: false, reconnects: 1 });
    h.clock.advance(2000);
    await h.connected(3);
    expect(h.platform.sockets.map(({ channelId }) => channelId)).toEqual(['streaming-1', 'streaming-1', 'streaming-2']);
    expect(h.gaps.at(-1)?.cause).toBe('channel_gone');
  });

  it('makes no more than ten channels an hour', async () => {
    h.start();
    for (let made = 1; made <= 10; made += 1) {
      await h.connected(made);
      expect(h.platform.count(CHANNELS)).toBe(made);
      // An odd time, so that no other timer happens to wait for 1 s as well.
      h.clock.advance(30_002);
      h.lastSocket().send(notice(`no_longer_subscribed.streaming-${made}`));
      await h.waitsFor(1000);
      h.clock.advance(1000);
    }
    const hourEnds = 3_600_000 - 10 * 31_002;
    await h.waitsFor(hourEnds);
    expect(h.platform.count(CHANNELS)).toBe(10);
    h.clock.advance(hourEnds);
    await h.connected(11);
  });

  it('signs in again and makes a new channel when its token is revoked', async () => {
    h.start();
    await h.connected(1);
    h.platform.revoked.add('token-1');
    h.lastSocket().send(notice('token_revoked.some-id'));
    await h.waitsFor(1000);
    h.clock.advance(1000);
    await h.connected(2);
    expect([h.platform.count(LOGIN), h.state().channels[0]?.channelId]).toEqual([2, 'streaming-2']);
    expect(h.platform.requests.filter(({ authorization }) => authorization === 'Bearer token-1').length).toBe(4);
  });

  it('lengthens the life of its channel before its end, trying again when that fails', async () => {
    const renewAfter = 0.85 * 3_600_000;
    h.platform.expires = new Date(h.clock.now() + 3_600_000).toISOString();
    h.start();
    await h.connected(1);
    h.platform.script(SUBSCRIPTIONS, { status: 503 });
    await h.waitsFor(renewAfter);
    // Not in one step: the socket's watchdog would rightly object to so long a silence.
    for (const end = h.clock.now() + renewAfter; h.clock.now() < end;) {
      h.clock.advance(Math.min(30_000, end - h.clock.now()));
      const heard = h.frames.length;
      h.lastSocket().send('{}');
      await until(() => expect(h.frames.length).toBeGreaterThan(heard));
    }
    await until(() => expect(h.platform.count(SUBSCRIPTIONS)).toBe(2));
    await h.waitsFor(1000);
    h.clock.advance(1000);
    await until(() => expect(h.platform.count(SUBSCRIPTIONS)).toBe(3));
    await h.waitsFor(renewAfter);
    expect([h.state().reconnects, h.platform.count(CHANNELS)]).toEqual([0, 1]);
  });

  it('stops and says why, once, when credentials are bad', async () => {
    h.platform.script(LOGIN, { status: 400, body: { error: 'invalid_client' } });
    h.start();
    await until(() => expect(h.fatal).toMatchObject([{ kind: 'fatal', code: 'bad_credentials' }]));
    h.clock.advance(3_600_000);
    expect([h.platform.requests.length, h.fatal.length]).toEqual([1, 1]);
  });

  it('stops when the platform permits no topic at all, naming the permission', async () => {
    h.platform.rejected.add(`v2.routing.queues.${h.platform.queues[0]}.conversations`);
    h.start();
    await until(() => expect(h.fatal).toMatchObject([{ code: 'no_topics_permitted' }]));
    expect(String(h.fatal[0])).toContain('Grant routing:queue:view');
    expect(h.platform.sockets).toEqual([]);
  });

  it('stops when it was never allowed a channel, but not for the same refusal later', async () => {
    h.start();
    await h.connected(1);
    h.platform.script(CHANNELS, { status: 403 });
    h.lastSocket().send(notice('no_longer_subscribed.streaming-1'));
    await h.waitsFor(1000);
    h.clock.advance(1000);
    await h.waitsFor(2000);
    expect(h.fatal).toEqual([]);
    await h.stream().stop();

    h.platform.script(CHANNELS, { status: 403 });
    h.start();
    await until(() => expect(h.fatal).toMatchObject([{ code: 'missing_permission' }]));
  });

  it('names rejected topics and goes on with the others', async () => {
    h.platform.queues.push('11111111-0000-4000-8000-000000000002');
    const topic = `v2.routing.queues.${h.platform.queues[1]}.conversations`;
    h.platform.rejected.add(topic);
    h.start();
    await h.connected(1);
    expect(h.state()).toMatchObject({ topics: 1, rejectedTopics: [{ topic, reason: 'not yours' }] });
  });

  it('waits as long as the platform says when it is throttled, and out an unreachable platform', async () => {
    h.platform.script(QUEUES, { status: 429, headers: { 'retry-after': '70' } }, { status: 502 });
    h.platform.script(CHANNELS, { status: 429, headers: { 'retry-after': '90' } });
    h.start();
    await h.waitsFor(70_000);
    h.clock.advance(70_000);
    await h.waitsFor(2000);
    h.clock.advance(2000);
    await h.waitsFor(90_000);
    h.clock.advance(90_000);
    await h.connected(1);
    expect(h.gaps).toEqual([{ from: h.clock.now() - 162_000, to: h.clock.now(), cause: 'start', channel: 0 }]);
  });

  it('uses the channel again when only the subscription failed', async () => {
    h.platform.script(SUBSCRIPTIONS, { status: 503 });
    h.start();
    await h.waitsFor(1000);
    h.clock.advance(1000);
    await h.connected(1);
    expect(h.platform.count(CHANNELS)).toBe(1);
  });
});
