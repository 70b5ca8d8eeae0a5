// The stream's sockets: every way one ends, what follows, and what the gap was. Real sockets and a fake clock:
// conditions are awaited, no real time passes but the sockets' own.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectRest } from './scripted-platform.ts';
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

describe('stream sockets', () => {
  let h: StreamHarness;

  beforeEach(async () => {
    h = await createStreamHarness();
  });
  afterEach(() => h.close());

  /** Two requests to the same peer: time enough for a frame or a socket that nothing holds back. */
  const roundTrip = (): Promise<unknown> =>
    connectRest(h.platform, h.clock).call({ method: 'GET', path: '/users', answer: z.unknown() });

  it('connects: topics, channel, subscription, socket; frames flow', async () => {
    h.start();
    await h.connected(1);
    h.lastSocket().send('{"topicName":"v2.routing.queues.x.conversations"}');
    await until(() => expect(h.frames.length).toBe(1));
    const routes = h.platform.requests.map(({ route }) => route);
    expect(routes).toEqual([LOGIN, QUEUES, CHANNELS, SUBSCRIPTIONS]);
    const { connectedSince, lastFrameAt } = h.state();
    expect([connectedSince, lastFrameAt]).toEqual([h.clock.now(), h.clock.now()]);
    expect(h.state()).toMatchObject({
      channels: [{ channelId: 'streaming-1' }],
      topics: 1,
      rejectedTopics: [],
      reconnects: 0,
      paused: false,
    });
    expect(h.gaps).toEqual([{ from: h.clock.now(), to: h.clock.now(), cause: 'start', channel: 0 }]);
    expect(await h.metric('throughline_stream_connected')).toEqual({ '': 1 });
  });

  it('goes back to the same channel after 1, 2, 4 s, then with jitter, and confirms the channel', async () => {
    h.start();
    await h.connected(1);
    const lostAt = h.clock.now();
    h.platform.refuseSockets(503, 503, 503, 503);
    h.lastSocket().terminate();
    for (const wait of [1000, 2000, 4000, 4000, 8000]) {
      await h.waitsFor(wait);
      h.clock.advance(wait);
    }
    await h.connected(2);
    expect(h.platform.sockets.map(({ channelId }) => channelId)).toEqual(['streaming-1', 'streaming-1']);
    expect(h.gaps.at(-1)).toEqual({ from: lostAt, to: lostAt + 19_000, cause: 'closed', channel: 0 });
    expect(await h.metric('throughline_stream_reconnects_total')).toEqual({ closed: 1 });
    await until(() => expect(h.platform.count(SUBSCRIPTIONS)).toBe(2));
    expect(h.platform.count(CHANNELS)).toBe(1);
  });

  it('waits longer each time for a server that accepts and drops, and 1 s again after a socket that lived', async () => {
    h.start();
    await h.connected(1);
    for (const [index, wait] of [1000, 2000, 4000].entries()) {
      h.lastSocket().terminate();
      await h.waitsFor(wait);
      h.clock.advance(wait);
      await h.connected(index + 2);
    }
    h.clock.advance(30_000);
    h.lastSocket().terminate();
    await h.waitsFor(1000);
  });

  it('finds a half-open socket and reports the gap from its last frame', async () => {
    h.start();
    await h.connected(1);
    h.lastSocket().send('{}');
    await until(() => expect(h.frames.length).toBe(1));
    const lastFrameAt = h.clock.now();
    h.platform.mute();
    h.clock.advance(35_000);
    await until(() => expect(h.platform.spoken.length).toBe(1));
    h.clock.advance(5000);
    await h.waitsFor(1000);
    expect(h.state()).toMatchObject({ connected: false, gapSince: lastFrameAt });
    h.clock.advance(1000);
    await h.connected(2);
    expect(h.gaps.at(-1)).toEqual({ from: lastFrameAt, to: lastFrameAt + 41_000, cause: 'silent', channel: 0 });
  });

  it('opens the new socket before it drops the old one when a close is announced: no gap', async () => {
    h.platform.leaveOldSockets();
    h.start();
    await h.connected(1);
    const old = h.lastSocket();
    const closed = new Promise((resolve) => old.once('close', resolve));
    old.send(notice('socket_closing'));
    await h.connected(2);
    await closed;
    h.lastSocket().send('after');
    await until(() => expect(h.frames.at(-1)).toBe('after'));
    expect(h.platform.sockets[1]?.channelId).toBe('streaming-1');
    const connectedStates = h.states.map(({ connected }) => connected);
    expect(connectedStates.slice(connectedStates.indexOf(true))).not.toContain(false);
    expect(h.gaps.map(({ cause }) => cause)).toEqual(['start']);
    expect(await h.metric('throughline_stream_reconnects_total')).toEqual({ socket_closing: 1 });
  });

  it('keeps the old socket while the announced replacement is refused', async () => {
    h.start();
    await h.connected(1);
    h.platform.refuseSockets(503);
    h.lastSocket().send(notice('socket_closing'));
    await h.waitsFor(2000);
    h.lastSocket().send(notice('socket_closing'));
    h.lastSocket().send('still heard');
    await until(() => expect(h.frames.at(-1)).toBe('still heard'));
    await roundTrip();
    expect([h.state().connected, h.platform.sockets.length]).toEqual([true, 1]);
    h.clock.advance(2000);
    await h.connected(2);
    expect(h.gaps.length).toBe(1);
  });

  it('does not spin when closes are announced one after another', async () => {
    h.start();
    await h.connected(1);
    h.lastSocket().send(notice('socket_closing'));
    // Taken over by the client, not only accepted by the server: before that a notice is the old socket's business.
    await until(() => expect(h.state().reconnects).toBe(1));
    // The first socket is gone, and with it the 2 s that its goodbye may take.
    await until(() => expect(h.clock.waits()).not.toContain(2000));
    h.lastSocket().send(notice('socket_closing'));
    await h.waitsFor(2000);
    await roundTrip();
    expect(h.platform.sockets.length).toBe(2);
  });

  it('stays paused over a new socket, and reads on when resumed', async () => {
    h.platform.refuseSockets(503);
    h.start();
    await h.waitsFor(1000);
    h.stream().pause();
    h.clock.advance(1000);
    await h.connected(1);
    h.lastSocket().send('one');
    await roundTrip();
    expect([h.frames, h.state().paused]).toEqual([[], true]);
    h.stream().resume();
    await until(() => expect(h.frames).toEqual(['one']));
  });

  it('measures the age of the last frame', async () => {
    h.start();
    await h.connected(1);
    h.clock.advance(10_000);
    expect(await h.metric('throughline_stream_last_frame_age_seconds')).toEqual({ '': 10 });
  });

  it('stops while it connects, leaving nothing open', async () => {
    h.platform.refuseSockets(0);
    h.start();
    await h.waitsFor(10_000);
    await h.stream().stop();
    expect([h.state().connected, h.fatal]).toEqual([false, []]);
  });

  it('stops while it waits to try again', async () => {
    h.start();
    await h.connected(1);
    h.lastSocket().terminate();
    await h.waitsFor(1000);
    await h.stream().stop();
    h.clock.advance(60_000);
    expect(h.platform.sockets.length).toBe(1);
  });

  it('stops while it asks for topics: that is no failure', async () => {
    h.platform.script(QUEUES, { hang: true });
    h.start();
    await until(() => expect(h.platform.count(QUEUES)).toBe(1));
    await h.stream().stop();
    await roundTrip();
    expect(h.fatal).toEqual([]);
  });
});
