// The official SDK goes through every resource of the emulated platform, and finds what it declares.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { settled, startQuietly } from '../unit/emulator/platform-client.ts';
import { eventually } from '../support/eventually.ts';
import { operations, sdkVersion } from '../support/sdk-shapes.ts';
import { gone, sdkClient, type Fields, type SdkClient } from './sdk-client.ts';

let emulator: GenesysEmulator;
let client: SdkClient;
beforeAll(async () => {
  emulator = await startQuietly({ speed: 100, analytics: { queryLagMs: 0, jobLagMs: 0 } });
  client = await sdkClient(emulator);
});
afterAll(() => emulator.close());

const start = (media: 'voice' | 'message' | 'email' | 'callback'): string => emulator.driver.start(1, media)[0] ?? '';
const people = (conversation: Fields): Fields[] => conversation['participants'] as Fields[];
const connectedAgent = (media: 'Call' | 'Message', id: string): Promise<Fields | undefined> =>
  eventually(
    'an agent',
    async () => people(await client.call(`ConversationsApi.getConversations${media}`, id)).find(isConnectedAgent),
    (agent) => agent !== undefined,
  );
const isConnectedAgent = ({ purpose, state }: Fields): boolean => purpose === 'agent' && state === 'connected';
/** Looks again and again while the conversation lives, so that every shape it takes is held. */
const watch = async (operation: string, id: string): Promise<Fields> =>
  eventually(
    'the end',
    async () => {
      const whole = await client.call('ConversationsApi.getConversation', id);
      return { ended: whole['endTime'] !== undefined, seen: await client.call(operation, id) };
    },
    ({ ended }) => ended,
  ).then(({ seen }) => seen);

describe(`purecloud-platform-client-v2 ${sdkVersion}`, () => {
  it('notifications: topics, channels, subscriptions, and the socket they lead to', async () => {
    const N = 'NotificationsApi';
    const topics = await client.call(`${N}.getNotificationsAvailabletopics`, { expand: ['transports'] });
    expect(topics.entities?.map(({ id }) => id)).toContain('v2.routing.queues.{id}.conversations');
    const channel = await client.call(`${N}.postNotificationsChannels`);
    const [queue, other] = emulator.center.queues.map(({ id }) => ({ id: `v2.routing.queues.${id}.conversations` }));
    const put = await client.call(`${N}.putNotificationsChannelSubscriptions`, channel.id, [queue]);
    expect(put.entities).toEqual([expect.objectContaining({ ...queue, state: 'Permitted' })]);
    await client.call(`${N}.postNotificationsChannelSubscriptions`, channel.id, [other]);
    const listed = await client.call(`${N}.getNotificationsChannelSubscriptions`, channel.id);
    expect(listed.entities?.map(({ id }) => id)).toEqual([queue?.id, other?.id]);
    await client.call(`${N}.headNotificationsChannel`, channel.id);
    expect((await client.call(`${N}.getNotificationsChannels`)).entities).toHaveLength(1);
    const socket = new WebSocket(String(channel['connectUri']));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.terminate();
    await client.call(`${N}.deleteNotificationsChannelSubscriptions`, channel.id);
  });

  it.each([
    ['voice', 'getConversationsCall'],
    ['message', 'getConversationsMessage'],
    ['email', 'getConversationsEmail'],
    ['callback', 'getConversationsCallback'],
  ] as const)('conversations: %s, at every stage of its life', async (media, operation) => {
    const seen = await watch(`ConversationsApi.${operation}`, start(media));
    expect(people(seen).map(({ purpose }) => purpose)).toContain('customer');
  });

  it('conversations: those of the signed-in user, of whom a client has none', async () => {
    expect((await client.call('ConversationsApi.getConversations')).entities).toEqual([]);
  });

  it('participants: attributes, whole and per medium', async () => {
    const attributes = { attributes: { 'crm.tier': 'platinum' } };
    const set = async (media: 'voice' | 'message' | 'email' | 'callback', operation: string): Promise<void> => {
      const id = start(media);
      const [customer] = people(await client.call('ConversationsApi.getConversation', id));
      await client.call(`ConversationsApi.patchConversation${operation}`, id, customer?.id, attributes);
      await client.call('ConversationsApi.patchConversationParticipantAttributes', id, customer?.id, attributes);
    };
    await set('voice', 'sCallParticipantAttributes');
    await set('email', 'sEmailParticipantAttributes');
    await set('callback', 'sCallbackParticipantAttributes');
    const id = start('message');
    const [customer] = people(await client.call('ConversationsApi.getConversation', id));
    const opts = { body: attributes };
    await client.call('ConversationsApi.patchConversationsMessageParticipantAttributes', id, customer?.id, opts);
    await eventually(
      'the merge',
      async () => people(await client.call('ConversationsApi.getConversation', id))[0]?.['attributes'],
      (merged) => (merged as Record<string, string>)['crm.tier'] === 'platinum',
    );
  });

  it('calls: held, and disconnected', async () => {
    const id = start('voice');
    const agent = await connectedAgent('Call', id);
    await client.call('ConversationsApi.patchConversationsCallParticipant', id, agent?.id, { held: true });
    const ended = await client.call('ConversationsApi.patchConversationsCall', id, { state: 'disconnected' });
    expect(people(ended).every(({ endTime }) => endTime !== undefined)).toBe(true);
  });

  it('custom attributes: put, patched by version, read', async () => {
    const id = start('email');
    const C = 'ConversationsApi';
    const write = { id: 'crm', schemaId: 'schema', version: 0, customAttributes: { tier: 'gold', cases: 2 } };
    expect(await client.call(`${C}.putConversationCustomattributes`, id, { body: write })).toEqual({ id: 'crm' });
    const amend = { id: 'crm', version: 1, customAttributes: { cases: 3 } };
    await client.call(`${C}.patchConversationCustomattributes`, id, { body: amend });
    const record = await client.call(`${C}.getConversationCustomattribute`, id, 'crm');
    expect(record).toMatchObject({ version: 2, customAttributes: { tier: 'gold', cases: 3 } });
    expect((await client.call(`${C}.getConversationCustomattributes`, id))['results']).toEqual([record]);
    const stale = await client.refused(`${C}.patchConversationCustomattributes`, id, { body: amend });
    expect(stale).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });

  it('custom attributes: many at once, each answered for itself, and found again', async () => {
    const id = start('email');
    const C = 'ConversationsApi';
    const made = ['crm', 'billing'].map((record, n) => ({
      id: record,
      customAttributes: { tier: 'gold', owed: n * 40 },
    }));
    await client.call(`${C}.putConversationCustomattributesBulk`, id, { body: made });
    const amends = [
      { id: 'crm', version: 7, customAttributes: { tier: 'lead' } },
      { id: 'billing', version: 1, customAttributes: { tier: 'tin' } },
    ];
    const { results } = await client.call(`${C}.patchConversationCustomattributesBulk`, id, { body: amends });
    expect(results).toMatchObject({
      crm: { statusCode: 409, errorMessage: expect.any(String) },
      billing: { statusCode: 200, attributes: { version: 2, customAttributes: { tier: 'tin', owed: 40 } } },
    });
    const search = async (...query: object[]): Promise<unknown[]> => {
      const found = await client.call(`${C}.postConversationsCustomattributesSearch`, { query, pageSize: 10 });
      const records = found['results'] as Fields[];
      expect(found['total']).toBe(records.length);
      return records.filter((record) => record['conversationId'] === id).map((record) => record.id);
    };
    expect(await search({ type: 'EXACT', fields: ['tier'], value: 'tin' })).toEqual(['billing']);
    expect(await search({ type: 'RANGE', fields: ['owed'], endValue: '39' })).toEqual(['crm']);
    const notGold = { type: 'SIMPLE', operator: 'NOT', fields: ['tier'], value: 'GOL' };
    expect(await search({ type: 'REQUIRED_FIELDS', fields: ['owed'] }, notGold)).toEqual(['billing']);
    const nonsense = await client.refused(`${C}.postConversationsCustomattributesSearch`, {
      query: [{ type: 'FUZZY' }],
    });
    expect(nonsense.status).toBe(400);
  });

  it('messages: one, many, by id alone, written by a program, sent without an agent', async () => {
    const C = 'ConversationsApi';
    const id = start('message');
    const agent = await connectedAgent('Message', id);
    const communication = people(await client.call(`${C}.getConversation`, id)).find((one) => one.id === agent?.id);
    const communicationId = (communication?.['messages'] as Fields[] | undefined)?.[0]?.id;
    const body = { textBody: 'written by a program' };
    const written = await client.call(`${C}.postConversationsMessageCommunicationMessages`, id, communicationId, body);
    const one = await client.call(`${C}.getConversationsMessageMessage`, id, written.id);
    expect(one['normalizedMessage']).toMatchObject({ text: 'written by a program' });
    await client.call(`${C}.getConversationsMessageDetails`, written.id);
    const bulk = await client.call(`${C}.postConversationsMessageMessagesBulk`, id, { body: [written.id] });
    expect(bulk.entities).toHaveLength(1);
    const notice = { fromAddress: '+18005550100', toAddress: '+12065550142', toAddressMessengerType: 'sms' };
    const sent = await client.call(`${C}.postConversationsMessagesAgentless`, { ...notice, textBody: 'hello' });
    await client.call(`${C}.getConversation`, sent['conversationId']);
  });

  it('open messaging: a message, an event, a receipt; the conversation they make', async () => {
    const C = 'ConversationsApi';
    const [integration] = (await client.call(`${C}.getConversationsMessagingIntegrationsOpen`)).entities ?? [];
    const channel = { from: { id: 'guest', idType: 'Opaque', nickname: 'Guest' }, time: new Date().toISOString() };
    const attachment = { mediaType: 'Image', url: 'https://example.com/a.png', mime: 'image/png', filename: 'a.png' };
    const inbound = { channel, text: 'hello', content: [{ attachment }], metadata: { page: 'home' } };
    const message = `${C}.postConversationsMessageInboundOpenMessage`;
    const taken = await client.call(message, integration?.id, inbound, { prefetchConversationId: true });
    await client.call(`${C}.getConversationsMessageMessage`, taken['conversationId'], taken.id);
    const event = { channel, events: [{ eventType: 'Typing' }] };
    await client.call(`${C}.postConversationsMessageInboundOpenEvent`, integration?.id, event);
    const receipt = { id: taken.id, channel: { to: { id: 'guest' }, time: channel.time }, status: 'Delivered' };
    await client.call(`${C}.postConversationsMessageInboundOpenReceipt`, integration?.id, receipt);
    await watch(`${C}.getConversationsMessage`, String(taken['conversationId']));
  });

  it('flows, and schemas of custom attributes: with what they take in', async () => {
    const [flow] = (await client.call('ArchitectApi.getFlows', { name: 'Enrich' })).entities ?? [];
    const { inputSchema } = await client.call('ArchitectApi.getFlow', flow?.id);
    expect(inputSchema).toMatchObject({ properties: { tier: { type: 'string' } } });
    await client.call('ArchitectApi.getFlowLatestconfiguration', flow?.id);
    const schema = 'ConversationsApi.getConversationsCustomattributesSchema';
    const [first] = (await client.call(`${schema}s`)).entities ?? [];
    const isVip = { allOf: [{ $ref: '#/definitions/checkbox' }] };
    expect((await client.call(schema, first?.id))['jsonSchema']).toMatchObject({ properties: { isVip } });
  });

  it('queues, members and users: in pages, and one by one', async () => {
    const page = await client.call('RoutingApi.getRoutingQueues', { pageSize: 3, pageNumber: 2 });
    expect(page.entities).toHaveLength(3);
    const [queue] = page.entities ?? [];
    await client.call('RoutingApi.getRoutingQueue', queue?.id);
    const [member] = (await client.call('RoutingApi.getRoutingQueueMembers', queue?.id)).entities ?? [];
    await client.call('UsersApi.getUser', member?.id);
    const ids = emulator.center.users.slice(0, 2).map(({ id }) => id);
    const users = await client.call('UsersApi.getUsers', { id: ids });
    expect(users.entities?.map(({ id }) => id)).toEqual(ids);
  });

  it('external contacts: read, looked up, merged, identifiers claimed', async () => {
    const E = 'ExternalContactsApi';
    const [ada, ben] = emulator.center.customers;
    await client.call(`${E}.getExternalcontactsContact`, ada?.externalContactId);
    const email = { type: 'Email', value: 'second@example.com' };
    const claim = { operation: 'CLAIM', identifier: email };
    await client.call(`${E}.patchExternalcontactsContactIdentifiers`, ada?.externalContactId, claim);
    const contactIds = [ada?.externalContactId, ben?.externalContactId];
    const merged = await client.call(`${E}.postExternalcontactsContactsMerge`, { contactIds });
    const found = await client.call(`${E}.postExternalcontactsIdentifierlookupContacts`, email);
    expect(found.id).toBe(merged.id);
  });

  it('analytics: details queried, of one and of some conversations, and by a job', async () => {
    const A = 'AnalyticsApi';
    const [one, other] = [start('voice'), start('message')];
    await settled(emulator);
    const now = Date.now();
    const interval = `${new Date(now - 3_600_000).toISOString()}/${new Date(now + 60_000).toISOString()}`;
    const query = { interval, order: 'asc', orderBy: 'conversationStart', paging: { pageSize: 100, pageNumber: 1 } };
    const page = await client.call(`${A}.postAnalyticsConversationsDetailsQuery`, query);
    const found = (page['conversations'] as Fields[]).map((conversation) => conversation['conversationId']);
    expect(found).toEqual(expect.arrayContaining([one, other]));
    await client.call(`${A}.getAnalyticsConversationDetails`, one);
    const some = await client.call(`${A}.getAnalyticsConversationsDetails`, { id: [one, other] });
    expect(some['conversations']).toHaveLength(2);

    const available = await client.call(`${A}.getAnalyticsConversationsDetailsJobsAvailability`);
    expect(Date.parse(String(available['dataAvailabilityDate']))).not.toBeNaN();
    const { jobId } = await client.call(`${A}.postAnalyticsConversationsDetailsJobs`, { interval });
    await eventually(
      'the job',
      () => client.call(`${A}.getAnalyticsConversationsDetailsJob`, jobId),
      ({ state }) => state === 'FULFILLED',
    );
    const results = await client.call(`${A}.getAnalyticsConversationsDetailsJobResults`, jobId, { pageSize: 100 });
    expect((results['conversations'] as Fields[]).length).toBeGreaterThan(1);
    await client.call(`${A}.deleteAnalyticsConversationsDetailsJob`, jobId);
  });

  it('left nothing of the emulator out', () => {
    expect(operations.filter((operation) => !gone.has(operation))).toEqual([]);
  });
});
