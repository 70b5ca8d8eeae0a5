// The WebSocket that sends envelopes, against a real one on the loopback: token, order, reconnecting, pausing, silence.
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { startEnvelopeSource, type EnvelopeSource } from '../../../src/envelopes/source.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { eventually } from '../../support/eventually.ts';

let server: Server;
let peer: WebSocketServer;
let clock: FakeClock;
let source: EnvelopeSource | undefined;
let refuseWith: number;
const sockets: WebSocket[] = [];
const tokens: (string | undefined)[] = [];
const taken: string[] = [];
const metrics = createMetrics();

beforeEach(async () => {
  for (const list of [sockets, tokens, taken]) list.length = 0;
  refuseWith = 0;
  clock = createFakeClock();
  peer = new WebSocketServer({ noServer: true, autoPong: false });
  server = createServer().on('upgrade', (request, socket, head) => {
    tokens.push(request.headers.authorization);
    if (refuseWith > 0) return socket.end(`HTTP/1.1 ${refuseWith} No\r\nconnection: close\r\n\r\n`);
    return peer.handleUpgrade(request, socket, head, (opened) => sockets.push(opened));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await source?.stop();
  for (const socket of sockets) socket.terminate();
  server.close();
});

const open = (): EnvelopeSource => {
  const { port } = server.address() as AddressInfo;
  source = startEnvelopeSource({
    url: `ws://127.0.0.1:${port}/events?secret=1`,
    token: 'a-token',
    onEnvelope: (raw) => taken.push(raw),
    log: createLogger({ level: 'silent', role: 'test' }),
    metrics,
    clock,
    random: () => 1,
  });
  return source;
};
const connected = (count: number) =>
  eventually(
    `${count} sockets`,
    () => sockets.length,
    (n) => n >= count,
  );
const gauge = async (): Promise<unknown> =>
  (await metrics.registry.getSingleMetric('throughline_envelopes_connected')?.get())?.values[0]?.value;
const waiting = (ms: number) =>
  eventually(
    `waits ${ms} ms`,
    () => clock.waits(),
    (waits) => waits.includes(ms),
  );

describe('the socket of envelopes', () => {
  it('brings its token and hands on every text message in order; what is binary is counted', async () => {
    open();
    await connected(1);
    for (let n = 0; n < 100; n += 1) sockets[0]?.send(`{"n":${n}}`);
    sockets[0]?.send(Buffer.from([1, 2]));
    sockets[0]?.send('last');
    await eventually(
      'all came',
      () => taken.at(-1),
      (text) => text === 'last',
    );
    expect(tokens).toEqual(['Bearer a-token']);
    expect(taken).toEqual([...Array.from({ length: 100 }, (_, n) => `{"n":${n}}`), 'last']);
    expect(await metrics.registry.metrics()).toContain('{reason="binary_message"} 1');
    expect(await gauge()).toBe(1);
  });

  it('comes back after 1, 2, 4 s and then up to a minute, and after a long life at once again', async () => {
    refuseWith = 401;
    open();
    for (const [failures, ms] of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000].entries()) {
      await eventually(
        `refused ${failures + 1} times`,
        () => tokens.length,
        (n) => n > failures,
      );
      await waiting(ms);
      clock.advance(ms);
    }
    await eventually(
      'refused once more',
      () => tokens.length,
      (n) => n === 8,
    );
    await waiting(60_000);
    refuseWith = 0;
    clock.advance(60_000);
    await connected(1);
    await waiting(25_000);
    clock.advance(24_000);
    sockets[0]?.send('sign');
    await eventually(
      'came',
      () => taken.length,
      (n) => n === 1,
    );
    clock.advance(10_000);
    sockets[0]?.close();
    await waiting(1000);
    expect(await gauge()).toBe(0);
    clock.advance(1000);
    await connected(2);
  });

  it('gives up a peer that answers no ping', async () => {
    open();
    await connected(1);
    await waiting(25_000);
    clock.advance(25_000);
    clock.advance(25_000);
    await waiting(1000);
    clock.advance(1000);
    await connected(2);
  });

  it('reads nothing while paused, and all of it afterwards', async () => {
    const socket = open();
    await connected(1);
    await waiting(25_000);
    socket.pause();
    for (let n = 0; n < 2000; n += 1) sockets[0]?.send('x'.repeat(1000));
    clock.advance(300_000);
    expect(taken.length).toBe(0);
    socket.resume();
    await eventually(
      'all came',
      () => taken.length,
      (n) => n === 2000,
    );
    expect(sockets).toHaveLength(1);
  });

  it('stops for good, also while it waits to try again', async () => {
    refuseWith = 503;
    const socket = open();
    await waiting(1000);
    await socket.stop();
    clock.advance(100_000);
    expect(tokens).toHaveLength(1);
  });
});
