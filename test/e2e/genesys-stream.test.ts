// The real client against the emulator, over real sockets and in real time: frames arrive, and every way the emulator can
// take its socket or channel away ends in a stream that hears again.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import { startGenesysEmulator, type GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { createChannel } from '../../src/genesys/channel.ts';
import { platformUrls } from '../../src/genesys/platform-url.ts';
import { createRest, type Rest } from '../../src/genesys/rest.ts';
import { createSignIn } from '../../src/genesys/sign-in.ts';
import type { Gap } from '../../src/genesys/stream-record.ts';
import { startStream, type Stream } from '../../src/genesys/stream.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { systemClock } from '../../src/runtime/clock.ts';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const CLOSING = '{"topicName":"v2.system.socket_closing","version":"2","eventBody":{}}';

describe('the stream on the emulator', () => {
  let emulator: GenesysEmulator;
  let rest: Rest;
  let stream: Stream | undefined;
  let frames: string[];
  let gaps: Gap[];
  let fatal: unknown[];

  beforeEach(async () => {
    emulator = await startGenesysEmulator({ port: 0, seed: 7, conversationsPerMinute: 0, speed: 1000 });
    rest = connect(EMULATOR_CLIENT);
    [frames, gaps, fatal, stream] = [[], [], [], undefined];
  });
  afterEach(async () => {
    await stream?.stop();
    await emulator.close();
  });

  const connect = ({ id, secret }: { id: string; secret: string }): Rest => {
    const urls = platformUrls({ region: 'mypurecloud.com', gatewayUrl: emulator.url });
    const tokens = createSignIn({ url: urls.login, clientId: id, clientSecret: secret, clock: systemClock });
    return createRest({ url: urls.api, tokens });
  };
  const start = (over: { rest?: Rest; queues?: string; users?: string } = {}): Stream => {
    stream = startStream({
      rest: over.rest ?? rest,
      topics: { queues: over.queues ?? 'all', users: over.users ?? 'all' },
      onFrame: (raw) => frames.push(raw),
      onFatal: (failure) => fatal.push(failure),
      onGap: (gap) => gaps.push(gap),
      log: createLogger({ level: 'silent', role: 'test' }),
      metrics: createMetrics(),
    });
    return stream;
  };
  const control = async (path: string, body: object): Promise<void> => {
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${emulator.url}/emulator/${path}`, request);
    expect(response.status).toBe(200);
  };
  const state = () => stream?.state() ?? expect.fail('no stream');
  const channel = () => state().channels[0] ?? expect.fail('no channel');
  const connected = (reconnects: number): Promise<void> =>
    until(() => expect(state()).toMatchObject({ connected: true, reconnects }));
  /** A whole conversation is heard: the proof that the stream hears. */
  const hears = async (): Promise<void> => {
    const before = frames.length;
    const [conversationId = ''] = emulator.driver.start(1);
    await until(() => expect(frames.slice(before).some((raw) => raw.includes(conversationId))).toBe(true));
  };

  it('follows every queue and user, and hears their conversations', async () => {
    start();
    await connected(0);
    const { queues, users } = emulator.center;
    expect(state()).toMatchObject({ topics: queues.length + users.length, rejectedTopics: [], leftOutTopics: 0 });
    await hears();
    await until(() => {
      const topics = new Set(frames.map((raw) => (JSON.parse(raw) as { topicName: string }).topicName));
      expect([...topics].some((topic) => topic.startsWith('v2.routing.queues.'))).toBe(true);
      expect([...topics].some((topic) => topic.startsWith('v2.users.'))).toBe(true);
    });
    expect(gaps.map(({ cause }) => cause)).toEqual(['start']);
  });

  it('comes back to the same channel after a cut, and reports the gap', async () => {
    start();
    await connected(0);
    const { channelId } = channel();
    await control('sockets/close', { code: 1006 });
    await connected(1);
    await hears();
    expect(state()).toMatchObject({ channels: [{ channelId }], gaps: 2 });
    const gap = gaps.at(-1);
    expect(gap?.cause).toBe('closed');
    expect((gap?.to ?? 0) - (gap?.from ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('changes sockets without a gap when a close is announced', async () => {
    start();
    await connected(0);
    const { channelId } = channel();
    await control('frames', { raw: CLOSING });
    await connected(1);
    await hears();
    expect(state()).toMatchObject({ channels: [{ channelId }], gaps: 1 });
    await until(() => expect(emulator.status()).toMatchObject({ sockets: 1, channels: 1 }));
  });

  it('is back at once when the announced close comes with its announcement', async () => {
    start();
    await connected(0);
    await control('sockets/close', { announce: true });
    await connected(1);
    await hears();
    const gap = gaps.at(-1);
    expect((gap?.to ?? 0) - (gap?.from ?? 0)).toBeLessThan(1000);
  });

  it('makes a new channel when other processes with its client evict it', async () => {
    start();
    await connected(0);
    const { channelId } = channel();
    const others = await Promise.all(Array.from({ length: 19 }, () => createChannel(rest, systemClock)));
    const sockets = others.map(({ connectUri }) => new WebSocket(connectUri));
    await until(() => expect(emulator.status().sockets).toBe(20));
    await createChannel(rest, systemClock);
    await connected(1);
    expect(channel().channelId).not.toBe(channelId);
    expect(gaps.at(-1)?.cause).toBe('no_longer_subscribed');
    await hears();
    for (const socket of sockets) socket.terminate();
  });

  it('names a topic that the platform rejects and hears the others', async () => {
    const stranger = '00000000-0000-4000-8000-000000000000';
    start({ users: stranger });
    await connected(0);
    expect(state().rejectedTopics.map(({ topic }) => topic)).toEqual([`v2.users.${stranger}.conversations`]);
    await hears();
  });

  it('ends when it is given nothing but unknown queues, naming the first, the reason and the setting', async () => {
    const unknown = '00000000-0000-4000-8000-000000000000';
    start({ queues: unknown, users: 'none' });
    await until(() => expect(fatal).toMatchObject([{ kind: 'fatal', code: 'no_topics_permitted' }]));
    expect(String(fatal[0])).toMatch(new RegExp(`${unknown}.*No such queue.*THROUGHLINE_GENESYS_QUEUES`));
  });

  it('passes on a frame over the product’s limit and lives on', async () => {
    start();
    await connected(0);
    await control('frames', { raw: 'x'.repeat(2 * 1024 * 1024) });
    await until(() => expect(frames.some((raw) => raw.length === 2 * 1024 * 1024)).toBe(true));
    await hears();
    expect(state().reconnects).toBe(0);
  });

  it('gives up at once with a wrong secret, and says what to set', async () => {
    start({ rest: connect({ ...EMULATOR_CLIENT, secret: 'wrong' }) });
    await until(() => expect(fatal).toMatchObject([{ kind: 'fatal', code: 'bad_credentials' }]));
    expect(String(fatal[0])).toContain('THROUGHLINE_GENESYS_CLIENT_SECRET');
    expect(emulator.status().channels).toBe(0);
  });
});
