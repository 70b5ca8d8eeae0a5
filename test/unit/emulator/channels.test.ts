// Notification channels and their sockets, with the platform's limits.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import { eventually } from '../../support/eventually.ts';
import { frameProblems } from '../../support/event-schemas.ts';
import {
  connectSocket,
  platformClient,
  post,
  queueTopics,
  settled,
  startQuietly,
  userTopics,
  type Frame,
  type PlatformClient,
} from './platform-client.ts';

const CHANNELS = '/api/v2/notifications/channels';

let now = Date.now();
let emulator: GenesysEmulator;
let client: PlatformClient;
beforeEach(async () => {
  now = Date.now();
  const started = Date.now();
  emulator = await startQuietly({
    heartbeatMs: 50,
    clock: () => now + (Date.now() - started),
  });
  client = await platformClient(emulator.url);
});
afterEach(() => emulator.close());

const create = async (): Promise<{ id: string; connectUri: string; expires: string }> =>
  (await client.call('POST', CHANNELS)).body as { id: string; connectUri: string; expires: string };
const subscriptions = (id: string): string => `${CHANNELS}/${id}/subscriptions`;
const ids = (topics: readonly string[]): { id: string }[] => topics.map((id) => ({ id }));

describe('the life of a channel', () => {
  it('lets a channel die after 24 hours unless its subscriptions were renewed', async () => {
    const kept = await create();
    const dying = await create();
    now += 23 * 3_600_000;
    client = await platformClient(emulator.url);
    await client.call('PUT', subscriptions(kept.id), ids(queueTopics(emulator)));
    now += 2 * 3_600_000;
    client = await platformClient(emulator.url);
    expect((await client.call('HEAD', `${CHANNELS}/${kept.id}`)).status).toBe(200);
    expect((await client.call('HEAD', `${CHANNELS}/${dying.id}`)).status).toBe(404);
  });

  it('closes the socket of a channel that dies, without being asked anything', async () => {
    const dying = await client.listen([]);
    now += 24 * 3_600_000;
    await eventually(
      'the close',
      () => dying.closedWith(),
      (code) => code === 1000,
    );
    const told = dying.frames().filter(({ topicName }) => topicName !== 'channel.metadata');
    expect(told).toEqual([]);
  });
});

describe('twenty channels a client', () => {
  it('the 21st evicts the oldest without a socket', async () => {
    const connected = await client.listen([]);
    const { id: idle } = await create();
    for (let n = 0; n < 18; n += 1) await create();
    expect(emulator.status().channels).toBe(20);
    await create();
    expect(emulator.status().channels).toBe(20);
    expect((await client.call('HEAD', `${CHANNELS}/${idle}`)).status).toBe(404);
    expect((await client.call('HEAD', `${CHANNELS}/${connected.channelId}`)).status).toBe(200);
  });

  it('counts what was done with a channel last, not when it was made', async () => {
    const { id: renewed } = await create();
    const { id: idle } = await create();
    await client.call('PUT', subscriptions(renewed), []);
    for (let n = 0; n < 19; n += 1) await create();
    expect((await client.call('HEAD', `${CHANNELS}/${idle}`)).status).toBe(404);
    expect((await client.call('HEAD', `${CHANNELS}/${renewed}`)).status).toBe(200);
  });

  it('then the oldest with one, which is told', async () => {
    const oldest = await client.listen([]);
    for (let n = 0; n < 19; n += 1) await client.listen([]);
    await create();
    await eventually(
      'the eviction',
      () => oldest.closedWith(),
      (code) => code !== undefined,
    );
    const told = oldest.frames().find(({ topicName }) => topicName !== 'channel.metadata');
    expect(told).toMatchObject({
      topicName: `v2.system.no_longer_subscribed.${oldest.channelId}`,
      eventBody: {
        channelId: oldest.channelId,
        reason: 'another_channel_subscribed',
        oauthClientId: EMULATOR_CLIENT.id,
      },
    });
    expect(frameProblems(told)).toEqual([]);
  });
});

describe('the socket of a channel', () => {
  it('beats, and answers a ping', async () => {
    const { socket, frames } = await client.listen([]);
    socket.send('{"message":"ping"}');
    socket.send('not json');
    const seen = await eventually(
      'a heartbeat and a pong',
      () => new Set(frames().map(({ eventBody }) => eventBody.message)),
      (messages) => messages.size === 2,
    );
    expect(seen).toEqual(new Set(['WebSocket Heartbeat', 'pong']));
    expect(frames().flatMap((frame) => frameProblems(frame))).toEqual([]);
    expect(frames().filter(({ eventBody }) => eventBody.message === 'pong')).toHaveLength(1);
  });

  it('is refused for a channel that does not exist', async () => {
    const { connectUri, id } = await create();
    await expect(connectSocket(connectUri.replace(id, 'streaming-0-unknown'))).rejects.toThrow('404');
    await expect(connectSocket(connectUri.replace('/channels/', '/other/'))).rejects.toThrow('404');
  });

  it('gives way to a second one on the same channel', async () => {
    const { connectUri, id } = await create();
    await client.call('PUT', subscriptions(id), ids(queueTopics(emulator)));
    const first = await connectSocket(connectUri);
    const second = await connectSocket(connectUri);
    await eventually(
      'the first to close',
      () => first.closedWith(),
      (code) => code === 1000,
    );
    await post(`${emulator.url}/emulator/conversations`, { count: 1, media: 'voice' });
    await settled(emulator);
    const events = (texts: readonly string[]): number =>
      texts.filter((text) => !text.includes('channel.metadata')).length;
    await eventually(
      'events on the second',
      () => events(second.texts),
      (count) => count > 0,
    );
    expect(events(first.texts)).toBe(0);
    expect(second.closedWith()).toBeUndefined();
  });

  it('gets each change once per topic it follows: duplicates with another name and correlation id', async () => {
    const both = await client.listen([...queueTopics(emulator), ...userTopics(emulator)]);
    const queuesOnly = await client.listen(queueTopics(emulator));
    await post(`${emulator.url}/emulator/conversations`, { count: 5 });
    await settled(emulator);
    const total = emulator.status().changes;
    const events = (): ReturnType<typeof both.frames> =>
      both.frames().filter(({ topicName }) => topicName !== 'channel.metadata');
    const changes = await eventually(
      'every change',
      () => countChanges(events()),
      (count) => count === total,
    );
    expect(events().length).toBeGreaterThan(changes);
    expect(new Set(events().map(({ metadata }) => metadata?.CorrelationId)).size).toBe(events().length);
    expect(events().flatMap((frame) => frameProblems(frame))).toEqual([]);
    const names = new Set(queuesOnly.frames().map(({ topicName }) => topicName.split('.')[1]));
    expect(names).not.toContain('users');
  });

  it('delivers a combined topic under its expanded names', async () => {
    const combined = emulator.center.users.map(({ id }) => `v2.users.${id}?presence&conversations`);
    const { frames } = await client.listen(combined);
    await post(`${emulator.url}/emulator/conversations`, { count: 1, media: 'email' });
    await settled(emulator);
    const names = await eventually(
      'frames',
      () => frames().filter(({ topicName }) => topicName !== 'channel.metadata'),
      ({ length }) => length > 2,
    );
    for (const { topicName } of names) expect(topicName).toMatch(/^v2\.users\.[0-9a-f-]{36}\.conversations$/);
  });
});

/** Copies of one change follow each other within a conversation; two changes in a row always differ. */
function countChanges(frames: readonly Frame[]): number {
  const latest = new Map<string | undefined, string>();
  let count = 0;
  for (const { eventBody } of frames) {
    const body = JSON.stringify(eventBody);
    if (latest.get(eventBody.id) !== body) count += 1;
    latest.set(eventBody.id, body);
  }
  return count;
}
