// What a channel follows: subscriptions, which topics there are and who may have them, and which channels a client sees.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import { platformClient, queueTopics, startQuietly, type PlatformClient } from './platform-client.ts';

const CHANNELS = '/api/v2/notifications/channels';
const OTHER = { id: 'other-client', secret: 'other-secret' };
const UNTRUSTED = { id: 'untrusted', secret: 'untrusted-secret', lacks: ['conversation:communication:view'] };

let emulator: GenesysEmulator;
let client: PlatformClient;
beforeEach(async () => {
  emulator = await startQuietly({ clients: [EMULATOR_CLIENT, OTHER, UNTRUSTED] });
  client = await platformClient(emulator.url);
});
afterEach(() => emulator.close());

const create = async (): Promise<{ id: string }> => (await client.call('POST', CHANNELS)).body as { id: string };
const subscriptions = (id: string): string => `${CHANNELS}/${id}/subscriptions`;
const ids = (topics: readonly string[]): { id: string }[] => topics.map((id) => ({ id }));

describe('subscriptions', () => {
  it('POST adds, PUT replaces, GET lists, DELETE empties', async () => {
    const { id } = await create();
    const [first = '', second = '', third = ''] = queueTopics(emulator);
    const list = async (): Promise<unknown[]> =>
      ((await client.call('GET', subscriptions(id))).body.entities ?? []).map((entity) => entity['id']);
    const added = await client.call('POST', subscriptions(id), ids([first]));
    expect(added.body.entities).toMatchObject([{ id: first, state: 'Permitted' }]);
    await client.call('POST', subscriptions(id), ids([second]));
    expect(await list()).toEqual([first, second]);
    await client.call('PUT', subscriptions(id), ids([third]));
    expect(await list()).toEqual([third]);
    expect((await client.call('DELETE', subscriptions(id))).status).toBe(200);
    expect(await list()).toEqual([]);
  });

  it('refuses a batch with one bad topic whole, unless told to ignore errors', async () => {
    const { id } = await create();
    const [good = ''] = queueTopics(emulator);
    const unknownQueue = 'v2.routing.queues.00000000-0000-4000-8000-000000000000.conversations';
    const batch = ids([good, unknownQueue, 'v2.weather.today']);
    const refused = await client.call('PUT', subscriptions(id), batch);
    expect(refused).toMatchObject({ status: 400, body: { code: 'bad.request' } });
    expect((refused.body['details'] as unknown[]).length).toBe(2);
    expect((await client.call('GET', subscriptions(id))).body.entities).toEqual([]);
    const taken = await client.call('PUT', `${subscriptions(id)}?ignoreErrors=true`, batch);
    expect(taken.body.entities).toMatchObject([
      { id: good, state: 'Permitted' },
      { id: unknownQueue, state: 'Rejected', rejectionReason: expect.any(String) },
      { id: 'v2.weather.today', state: 'Rejected', rejectionReason: 'Unknown topic' },
    ]);
    expect((await client.call('GET', subscriptions(id))).body.entities).toHaveLength(1);
  });

  it('takes 1,000 topics and not one more', async () => {
    const { id } = await create();
    const topics = Array.from({ length: 1001 }, (_, n) => `v2.conversations.c${n}.transcription`);
    expect((await client.call('PUT', subscriptions(id), ids(topics))).status).toBe(400);
    expect((await client.call('PUT', subscriptions(id), ids(topics.slice(0, 1000)))).status).toBe(200);
    expect((await client.call('POST', subscriptions(id), ids(topics.slice(1000)))).status).toBe(400);
    expect((await client.call('POST', subscriptions(id), ids(topics.slice(0, 5)))).status).toBe(200);
  });

  it('refuses what is not a list of topics, and the channel of another client', async () => {
    const { id } = await create();
    expect((await client.call('PUT', subscriptions(id), { id: 'x' })).status).toBe(400);
    const other = await platformClient(emulator.url, OTHER);
    expect((await other.call('GET', subscriptions(id))).status).toBe(404);
    expect((await client.call('HEAD', `${CHANNELS}/${id}`)).status).toBe(200);
    expect((await client.call('HEAD', `${CHANNELS}/gone`)).status).toBe(404);
  });

  it('names the permissions a client lacks', async () => {
    const untrusted = await platformClient(emulator.url, UNTRUSTED);
    const { id } = (await untrusted.call('POST', CHANNELS)).body as { id: string };
    const [queue = ''] = queueTopics(emulator);
    const transcripts = 'v2.conversations.c1.transcription';
    const { body } = await untrusted.call('PUT', `${subscriptions(id)}?ignoreErrors=true`, ids([queue, transcripts]));
    expect(body.entities).toMatchObject([
      { id: queue, state: 'Rejected', missingPermissions: UNTRUSTED.lacks },
      { id: transcripts, state: 'Permitted' },
    ]);
    expect((await untrusted.call('PUT', subscriptions(id), ids([queue]))).status).toBe(400);
  });
});

describe('what there is', () => {
  it('lists topics, with the fields asked for', async () => {
    const path = '/api/v2/notifications/availabletopics';
    const bare = (await client.call('GET', path)).body.entities ?? [];
    expect(bare.map((topic) => topic['id'])).toContain('v2.users.{id}.conversations');
    expect(bare[0]).not.toHaveProperty('description');
    const [first] =
      (await client.call('GET', `${path}?expand=transports,schema&expand=description`)).body.entities ?? [];
    expect(first).toMatchObject({
      id: 'v2.users.{id}.conversations',
      transports: ['Websocket', 'EventBridge'],
      schema: { title: 'ConversationEventTopicConversation' },
      description: expect.any(String),
    });
    expect(first).not.toHaveProperty('visibility');
    const unknown = await client.call('GET', `${path}?expand=everything`);
    expect(unknown).toMatchObject({ status: 400, body: { details: [{ fieldName: 'expand.0' }] } });
  });

  it('lists the channels of the token, and of the whole client without the ids of other tokens', async () => {
    const mine = await create();
    const second = await platformClient(emulator.url);
    const theirs = (await second.call('POST', CHANNELS)).body as { id: string };
    const list = async (query: string): Promise<unknown[]> =>
      ((await client.call('GET', `${CHANNELS}${query}`)).body.entities ?? []).map(({ id }) => id);
    expect(await list('')).toEqual([mine.id]);
    expect(await list('?includechannels=oauthclient')).toEqual([mine.id, undefined]);
    expect((await client.call('HEAD', `${CHANNELS}/${theirs.id}`)).status).toBe(200);
    expect((await client.call('GET', `${CHANNELS}?includechannels=all`)).status).toBe(400);
  });
});
