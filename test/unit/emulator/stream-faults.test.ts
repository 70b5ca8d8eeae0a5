// Everything that can be broken through the control API, over real sockets: frames, sockets, channels, tokens, the clock.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { eventually } from '../../support/eventually.ts';
import { frameProblems } from '../../support/event-schemas.ts';
import {
  call,
  connectSocket,
  platformClient,
  post,
  queueTopics,
  settled,
  startQuietly,
  type Answer,
  type ChannelSocket,
  type PlatformClient,
} from './platform-client.ts';

const CHANNELS = '/api/v2/notifications/channels';
const HOUR = 3_600_000;

let emulator: GenesysEmulator;
let client: PlatformClient;
beforeEach(async () => {
  emulator = await startQuietly({ heartbeatMs: 50 });
  client = await platformClient(emulator.url);
});
afterEach(() => emulator.close());

const control = (path: string, body: unknown = {}): Promise<Answer> => post(`${emulator.url}/emulator${path}`, body);
const play = async (count: number): Promise<void> => {
  await control('/conversations', { count });
  await settled(emulator);
};
const events = ({ texts }: ChannelSocket): string[] => texts.filter((text) => text.includes('.conversations"'));
const bodies = (socket: ChannelSocket): string[] =>
  events(socket).map((text) => text.slice(0, text.lastIndexOf(',"metadata"')));
const closed = (socket: ChannelSocket, wanted: number): Promise<unknown> =>
  eventually('the close', () => socket.closedWith(), (code) => code === wanted); // prettier-ignore
const beats = (socket: ChannelSocket, more = 0): Promise<unknown> => {
  const before = socket.texts.length;
  return eventually('frames', () => socket.texts.length, (length) => length > before + more); // prettier-ignore
};
const exists = async (channelId: string): Promise<boolean> =>
  (await client.call('HEAD', `${CHANNELS}/${channelId}`)).status === 200;

describe('frames', () => {
  const faults = (plan: object): Promise<Answer> => control('/frames/faults', plan);

  it('are dropped while heartbeats and system frames are not, until the plan is taken back', async () => {
    const listener = await client.listen(queueTopics(emulator));
    expect((await faults({ drop: 1 })).body).toMatchObject({ plan: { drop: 1, delay: 0, delayMs: 1000, seed: 1 } });
    await play(3);
    await control('/sockets/close', { announce: true, code: 1001 });
    await closed(listener, 1001);
    const seen = new Set(listener.frames().map(({ topicName }) => topicName));
    expect(seen).toEqual(new Set(['channel.metadata', 'v2.system.socket_closing']));
    const { dropped } = emulator.status();
    expect(dropped).toBeGreaterThan(10);
    await call(`${emulator.url}/emulator/frames/faults`, { method: 'DELETE' });
    const after = await client.listen(queueTopics(emulator));
    await play(1);
    await eventually('events', () => events(after).length, (count) => count > 2); // prettier-ignore
    expect(emulator.status().dropped).toBe(dropped);
  });

  it('come doubled, overtaken and late, and none is missing', async () => {
    const [one, two] = [await client.listen(queueTopics(emulator)), await client.listen(queueTopics(emulator))];
    await faults({ duplicate: 0.3, reorder: 0.3, delay: 0.2, delayMs: 50, seed: 5 });
    await play(20);
    // as many on both is not yet the same on both: each may still wait for what the other has
    const all = await eventually(
      'both to have the same frames',
      () => [new Set(bodies(one)), new Set(bodies(two))] as const,
      ([first, second]) =>
        first.size > 100 && first.size === second.size && [...first].every((body) => second.has(body)),
    );
    expect([...all[0]]).not.toEqual([...all[1]]);
    expect(bodies(one).length).toBeGreaterThan(all[0].size);
    const { duplicated, reordered, delayed, dropped } = emulator.status();
    expect(Math.min(duplicated, reordered, delayed)).toBeGreaterThan(10);
    expect(dropped).toBe(0);
  });

  it('are refused a plan that is not one', async () => {
    const refused = await faults({ drop: 2 });
    expect(refused.status).toBe(400);
    expect(refused.body['details']).toContainEqual(expect.objectContaining({ fieldName: 'drop' }));
    const together = await faults({ drop: 0.6, delay: 0.6 });
    expect(together).toMatchObject({ status: 400, body: { message: expect.stringContaining('together') } });
    expect((await faults({ lose: 1 })).status).toBe(400);
    expect((await call(`${emulator.url}/emulator/frames/faults`)).body).toMatchObject({ plan: { drop: 0 } });
  });
});

describe('sockets', () => {
  it('stay open and dead when half open, and give way to a new one', async () => {
    const [dead, alive] = [await client.listen([]), await client.listen([])];
    await beats(dead);
    expect((await control('/sockets/half-open', { channelId: dead.channelId })).body).toEqual({ halfOpen: 1 });
    // What was on its way has arrived when an answer has come back on the other.
    await beats(alive);
    const heard = dead.texts.length;
    const pongs: string[] = [];
    for (const [name, { socket }] of Object.entries({ dead, alive })) {
      socket.on('pong', () => pongs.push(name));
      socket.ping();
    }
    dead.socket.send('{"message":"ping"}');
    await beats(alive, 5);
    expect(dead.texts).toHaveLength(heard);
    expect(pongs).toEqual(['alive']);
    expect(dead.socket.readyState).toBe(dead.socket.OPEN);
    expect(emulator.status()).toMatchObject({ sockets: 2, halfOpen: 1 });
    const next = await connectSocket(dead.connectUri);
    await beats(next, 2);
    await closed(dead, 1006);
    await eventually('it to be gone', () => emulator.status(), ({ halfOpen }) => halfOpen === 0); // prettier-ignore
  });

  it('are refused as often as asked, with the status asked for', async () => {
    const { connectUri, channelId } = await client.listen([]);
    await control('/sockets/refuse', { times: 2, status: 503 });
    await expect(connectSocket(connectUri)).rejects.toThrow('503');
    await expect(connectSocket(connectUri)).rejects.toThrow('503');
    await beats(await connectSocket(connectUri));
    expect(emulator.status().refused).toBe(2);
    expect(await exists(channelId)).toBe(true);
  });

  it('are closed one by one, the others untouched', async () => {
    const [one, other] = [await client.listen([]), await client.listen([])];
    expect((await control('/sockets/close', { code: 1006, channelId: one.channelId })).body).toEqual({ closed: 1 });
    await closed(one, 1006);
    await beats(other);
    expect((await control('/sockets/close', { channelId: 'nobody' })).body).toEqual({ closed: 0 });
  });

  it.each([
    ['close', 1001],
    ['cut', 1006],
  ] as const)('break regularly when that is planned: %s', async (how, code) => {
    await emulator.close();
    emulator = await startQuietly({ breaks: { everyMs: 100, how } });
    client = await platformClient(emulator.url);
    for (let round = 0; round < 2; round += 1) await closed(await client.listen([]), code);
  });
});

describe('channels and tokens', () => {
  it('a channel is evicted now: the one named, or the one that would be next', async () => {
    const [first, second] = [await client.listen([]), await client.listen([])];
    const idle = (await client.call('POST', CHANNELS)).body.id ?? '';
    const shown = (await call(`${emulator.url}/emulator/channels`)).body['channels'] as { connected: boolean }[];
    expect(shown.map(({ connected }) => connected)).toEqual([true, true, false]);
    expect((await control('/channels/evict')).body).toEqual({ evicted: idle });
    expect((await control('/channels/evict', { channelId: second.channelId })).body).toEqual({
      evicted: second.channelId,
    });
    await closed(second, 1000);
    expect(second.frames().map(({ topicName }) => topicName)).toContain(
      `v2.system.no_longer_subscribed.${second.channelId}`,
    );
    expect(await exists(second.channelId)).toBe(false);
    expect(await exists(first.channelId)).toBe(true);
    expect(first.closedWith()).toBeUndefined();
    expect((await control('/channels/evict', { channelId: 'nobody' })).status).toBe(404);
  });

  it('tokens expire now: REST answers 401 and sockets live on', async () => {
    const listener = await client.listen([]);
    expect((await control('/tokens/expire')).body).toEqual({ expired: 1 });
    expect((await client.call('GET', '/api/v2/users')).status).toBe(401);
    await beats(listener);
    client = await platformClient(emulator.url);
    expect(await exists(listener.channelId)).toBe(true);
  });

  it('tokens are revoked now: sockets are told so and closed, and their channels are gone', async () => {
    const listener = await client.listen([]);
    expect((await control('/tokens/revoke')).body).toEqual({ revoked: 1, channels: 1 });
    await closed(listener, 1000);
    const told = listener.frames().find(({ topicName }) => topicName !== 'channel.metadata');
    expect(told).toMatchObject({
      topicName: `v2.system.token_revoked.${listener.channelId}`,
      eventBody: { systemTopicType: 'token_revoked', reason: 'user_tokens_revoked' },
    });
    expect(frameProblems(told)).toEqual([]);
    expect((await client.call('GET', '/api/v2/users')).status).toBe(401);
    client = await platformClient(emulator.url);
    expect(await exists(listener.channelId)).toBe(false);
  });
});

describe('the clock', () => {
  // Zero is added so that minus zero is zero.
  const ahead = (time: unknown): number => Math.round((Date.parse(String(time)) - Date.now()) / HOUR) + 0;
  const start = async (): Promise<unknown> => {
    const { body } = await control('/conversations', { count: 1, media: 'email' });
    const [id = ''] = body['conversationIds'] as string[];
    return (await client.call('GET', `/api/v2/conversations/${id}`)).body['startTime'];
  };

  it('goes wrong in what the platform says, and in nothing else', async () => {
    const { channelId } = await client.listen([]);
    for (const hours of [30, -2, 0]) {
      expect((await control('/clock', { skewMs: hours * HOUR })).body).toEqual({ skewMs: hours * HOUR });
      expect(ahead(await start())).toBe(hours);
      const { headers, body } = await client.call('POST', CHANNELS);
      expect(ahead(headers.get('date'))).toBe(hours);
      expect(ahead(body['expires'])).toBe(hours + 24);
      // The token of 24 hours and the channel live on, and conversations go on.
      expect(await exists(channelId)).toBe(true);
      await settled(emulator);
    }
  });

  it('may be wrong from the start', async () => {
    await emulator.close();
    emulator = await startQuietly({ skewMs: -5 * HOUR });
    client = await platformClient(emulator.url);
    expect(ahead(await start())).toBe(-5);
  });
});
