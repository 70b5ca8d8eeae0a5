// One socket: frames as they came, silence found, pause and its doubt, refusals told apart. Time is a fake clock.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChannel } from '../../../src/genesys/channel.ts';
import { openSocket, type SocketEnd, type StreamSocket } from '../../../src/genesys/socket.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { connectRest, startScriptedPlatform, type ScriptedPlatform } from './scripted-platform.ts';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5000, interval: 2 });

describe('socket', () => {
  let platform: ScriptedPlatform;
  let clock: FakeClock;
  let frames: { raw: string; receivedAt: number }[];
  let ends: SocketEnd[];
  let socket: StreamSocket | undefined;

  beforeEach(async () => {
    platform = await startScriptedPlatform();
    clock = createFakeClock();
    frames = [];
    ends = [];
  });
  afterEach(async () => {
    const closing = socket?.close();
    clock.advance(2000);
    await closing;
    await platform.close();
  });

  const connect = async (): Promise<StreamSocket> => {
    const { connectUri: url } = await createChannel(connectRest(platform, clock), clock);
    socket = openSocket({
      url,
      clock,
      onFrame: (raw, receivedAt) => frames.push({ raw, receivedAt }),
      onClose: (end) => ends.push(end),
    });
    await socket.opened;
    return socket;
  };
  const send = async (raw: string): Promise<void> => {
    const before = frames.length;
    platform.sockets.at(-1)?.socket.send(raw);
    await until(() => expect(frames.length).toBeGreaterThan(before));
  };

  it('hands over each frame as text with its time', async () => {
    const open = await connect();
    clock.advance(1234);
    await send('{"name":"Zoë 𝄞"}');
    expect(frames).toEqual([{ raw: '{"name":"Zoë 𝄞"}', receivedAt: clock.now() }]);
    expect(open.wholeUntil()).toBe(clock.now());
  });

  it('outlives a frame far over the product’s limit', async () => {
    const open = await connect();
    await send('x'.repeat(2 * 1024 * 1024));
    expect([frames[0]?.raw.length, open.isOpen(), ends]).toEqual([2 * 1024 * 1024, true, []]);
  });

  it('pings after 35 s of silence, and an answer is enough', async () => {
    const open = await connect();
    clock.advance(34_999);
    expect(platform.spoken).toEqual([]);
    clock.advance(1);
    await until(() => expect(frames.map(({ raw }) => raw)).toEqual([expect.stringContaining('pong')]));
    expect(platform.spoken).toEqual(['{"message":"ping"}']);
    clock.advance(5000);
    clock.advance(29_999);
    expect([open.isOpen(), platform.spoken.length]).toEqual([true, 1]);
    clock.advance(1);
    await until(() => expect(platform.spoken.length).toBe(2));
  });

  it('does not ping while frames come', async () => {
    await connect();
    for (let i = 0; i < 5; i += 1) {
      clock.advance(30_000);
      await send('{}');
    }
    expect(platform.spoken).toEqual([]);
  });

  it('ends a socket that answers nothing, and knows since when it is in doubt', async () => {
    platform.mute();
    const open = await connect();
    await send('{}');
    const lastFrameAt = clock.now();
    clock.advance(35_000);
    await until(() => expect(platform.spoken.length).toBe(1));
    clock.advance(4999);
    expect(open.isOpen()).toBe(true);
    clock.advance(1);
    await until(() => expect(ends).toEqual(['silent']));
    expect(open.wholeUntil()).toBe(lastFrameAt);
    expect(clock.waits()).toEqual([]);
  });

  it('reads nothing while paused, is not watched meanwhile, and goes on where it was', async () => {
    const open = await connect();
    open.pause();
    platform.sockets[0]?.socket.send('held back');
    clock.advance(600_000);
    expect([platform.spoken, ends, clock.waits()]).toEqual([[], [], []]);
    // Two round trips to the same peer: time enough for a frame that nothing holds back.
    await createChannel(connectRest(platform, clock), clock);
    expect(frames).toEqual([]);
    open.resume();
    await until(() => expect(frames.map(({ raw }) => raw)).toEqual(['held back']));
    clock.advance(35_000);
    await until(() => expect(platform.spoken.length).toBe(1));
  });

  it('trusts what it reads after a pause only when the socket has survived it', async () => {
    const open = await connect();
    const pausedAt = clock.now();
    clock.advance(1000);
    open.pause();
    clock.advance(300_000);
    open.resume();
    await send('old news');
    expect(open.wholeUntil()).toBe(pausedAt);
    open.pause();
    open.resume();
    expect(open.wholeUntil()).toBe(pausedAt);
    clock.advance(34_000);
    await send('still here');
    clock.advance(1000);
    expect(open.wholeUntil()).toBe(clock.now() - 1000);
  });

  it('says once that the peer closed', async () => {
    await connect();
    platform.sockets[0]?.socket.terminate();
    await until(() => expect(ends).toEqual(['closed']));
    expect(clock.waits()).toEqual([]);
  });

  it('closes cleanly, reading what was sent before, even when paused', async () => {
    const open = await connect();
    const code = new Promise((resolve) => platform.sockets[0]?.socket.once('close', resolve));
    open.pause();
    platform.sockets[0]?.socket.send('last words');
    await open.close();
    expect(await code).toBe(1000);
    expect(frames.map(({ raw }) => raw)).toEqual(['last words']);
    await open.close();
  });

  it('does not wait for ever for a peer that does not say goodbye', async () => {
    const open = await connect();
    platform.sockets[0]?.socket.pause();
    const closing = open.close();
    expect(clock.waits()).toEqual([2000]);
    clock.advance(2000);
    await closing;
    expect(ends).toEqual(['closed']);
  });

  it.each([
    [404, { kind: 'poison', code: 'channel_gone' }],
    [401, { kind: 'poison', code: 'channel_gone' }],
    [429, { kind: 'retryable', code: 'socket_refused' }],
    [503, { kind: 'retryable', code: 'socket_refused' }],
  ])('a refusal with %i is %o', async (status, expected) => {
    platform.refuseSockets(status);
    await expect(connect()).rejects.toMatchObject(expected);
    expect([ends, clock.waits()]).toEqual([[], []]);
  });

  it('tells nothing of the address when it cannot connect', async () => {
    const refused = openSocket({ url: 'ws://127.0.0.1:1/channels/secret', clock, onFrame: vi.fn(), onClose: vi.fn() });
    const failure = await refused.opened.catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'retryable', code: 'unreachable' });
    expect(String(failure)).toContain('ECONNREFUSED');
    expect(String(failure)).not.toContain('secret');
  });

  it('gives up a handshake that nobody answers', async () => {
    platform.refuseSockets(0);
    const connecting = connect();
    await until(() => expect(clock.waits()).toEqual([10_000]));
    clock.advance(10_000);
    await expect(connecting).rejects.toMatchObject({ kind: 'retryable', code: 'unreachable' });
  });
});
