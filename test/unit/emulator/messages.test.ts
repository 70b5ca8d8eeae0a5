// Written conversations over REST: messages read and written, notices without an agent, open messaging from outside.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { eventually } from '../../support/eventually.ts';
import { frameProblems } from '../../support/event-schemas.ts';
import { platformClient, queueTopics, settled, startQuietly, type Answer, type PlatformClient } from './platform-client.ts'; // prettier-ignore

interface Message {
  readonly messageId: string;
  readonly messageStatus: string;
}
interface Person {
  readonly id: string;
  readonly purpose: string;
  readonly endTime?: string;
  readonly externalContactId?: string;
  readonly messages: readonly { id: string; state: string; type: string; messages: readonly Message[] }[];
}

let emulator: GenesysEmulator;
let client: PlatformClient;
beforeEach(async () => {
  emulator = await startQuietly({ speed: 50 });
  client = await platformClient(emulator.url);
});
afterEach(() => emulator.close());

const api = (method: string, path: string, body?: unknown): Promise<Answer> =>
  client.call(method, `/api/v2/conversations/${path}`, body);
const people = async (id: string): Promise<Person[]> => (await api('GET', id)).body['participants'] as Person[];
const messagesOf = (all: Person[]): Message[] =>
  all.flatMap(({ messages }) => messages.flatMap(({ messages: inner }) => inner));
const inbound = (path: string, body: unknown): Promise<Answer> =>
  api('POST', `messages/${emulator.center.openIntegrationId}/inbound/open/${path}`, body);
const from = { id: 'guest-1', idType: 'Opaque', firstName: 'Ada', lastName: 'Guest' };
const channel = { from, time: '2026-03-02T10:00:00.000Z' };
const say = (text: string): Promise<Answer> => inbound('message?prefetchConversationId=true', { channel, text });
const agentOf = (id: string): Promise<Person | undefined> =>
  eventually(
    'an agent to be connected',
    async () => (await people(id)).find((one) => one.purpose === 'agent' && one.messages[0]?.state === 'connected'),
    (agent) => agent !== undefined,
  );

describe('messages', () => {
  it('are read one by one, by id alone, and in bulk, the same each time', async () => {
    const [id = ''] = emulator.driver.start(1, 'message');
    await settled(emulator);
    const ids = messagesOf(await people(id)).map(({ messageId }) => messageId);
    const one = await api('GET', `messages/${id}/messages/${ids[0] ?? ''}`);
    expect(one.body).toMatchObject({
      id: ids[0],
      conversationId: id,
      direction: 'inbound',
      status: 'received',
      normalizedMessage: { direction: 'Inbound', text: expect.stringMatching(/./) },
    });
    expect((await api('GET', `messages/${ids[0] ?? ''}/details`)).body).toEqual(one.body);
    const bulk = await api('POST', `messages/${id}/messages/bulk`, [...ids, 'no-such-message']);
    expect(bulk.body.entities?.map((message) => message['id'])).toEqual(ids);
    expect(bulk.body.entities?.[0]).toEqual(one.body);
  });

  it('are at most 1,000 in bulk, and found in their own conversation only', async () => {
    const [id = '', other = ''] = emulator.driver.start(2, 'message');
    const [message] = messagesOf(await people(id));
    const many = Array.from({ length: 1001 }, () => message?.messageId);
    expect((await api('POST', `messages/${id}/messages/bulk`, many)).status).toBe(400);
    expect((await api('POST', `messages/${id}/messages/bulk`, many.slice(1))).status).toBe(200);
    expect((await api('GET', `messages/${other}/messages/${message?.messageId ?? ''}`)).status).toBe(404);
  });

  it('are written from a communication, told by id and read with their text', async () => {
    const [id = ''] = emulator.driver.start(1, 'message');
    const agent = await agentOf(id);
    const path = `messages/${id}/communications/${agent?.messages[0]?.id ?? ''}/messages`;
    const written = await api('POST', path, { textBody: 'written by a program' });
    expect(written.body).toMatchObject({ direction: 'outbound', status: 'sent' });
    expect((await api('GET', `messages/${id}/messages/${written.body.id ?? ''}`)).body).toMatchObject({
      normalizedMessage: { text: 'written by a program' },
    });
    expect(JSON.stringify(await people(id))).not.toContain('written by a program');
    await settled(emulator);
    expect(await api('POST', path, { textBody: 'too late' })).toMatchObject({ status: 400 });
    expect((await api('POST', `messages/${id}/communications/none/messages`, { textBody: 'x' })).status).toBe(404);
  });
});

describe('open messaging', () => {
  it('starts a conversation, is answered, and goes on in the same one', async () => {
    const listener = await client.listen(queueTopics(emulator));
    const first = await say('where is my parcel');
    const id = String(first.body['conversationId']);
    expect(first.body).toMatchObject({ type: 'Text', text: 'where is my parcel', channel: { platform: 'Open', from } });
    expect((await api('GET', `messages/${id}/messages/${first.body.id ?? ''}`)).body).toMatchObject({
      normalizedMessage: { text: 'where is my parcel' },
      messengerType: 'open',
      fromAddress: 'guest-1',
    });
    const reply = await eventually(
      'the agent to answer',
      async () => messagesOf(await people(id)).find(({ messageStatus }) => messageStatus === 'sent'),
      (message) => message !== undefined,
    );
    expect((await say('are you there')).body['conversationId']).toBe(id);
    const told = await eventually(
      'a snapshot with the reply',
      () => listener.frames().filter((frame) => JSON.stringify(frame).includes(reply?.messageId ?? '-')),
      (frames) => frames.length > 0,
    );
    for (const frame of told) expect(frameProblems(frame)).toEqual([]);
  });

  it('says the conversation only when asked to prefetch it', async () => {
    const { status, body } = await inbound('message', { channel, text: 'hello' });
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('conversationId');
  });

  it('knows the sender as an external contact, the same one each time', async () => {
    const first = String((await say('first')).body['conversationId']);
    const contact = (await people(first))[0]?.externalContactId ?? '';
    expect((await client.call('GET', `/api/v2/externalcontacts/contacts/${contact}`)).body).toMatchObject({
      type: 'Identified',
      firstName: 'Ada',
      lastName: 'Guest',
    });
    await settled(emulator);
    const second = String((await say('second')).body['conversationId']);
    expect(second).not.toBe(first);
    expect((await people(second))[0]?.externalContactId).toBe(contact);
  });

  it('moves a message by receipts, forward only', async () => {
    const id = String((await say('hello')).body['conversationId']);
    const agent = await agentOf(id);
    const path = `messages/${id}/communications/${agent?.messages[0]?.id ?? ''}/messages`;
    const messageId = String((await api('POST', path, { textBody: 'good day' })).body.id);
    const receipt = (status: string): Promise<Answer> =>
      inbound('receipt', { id: messageId, channel: { to: { id: 'guest-1' }, time: channel.time }, status });
    const status = async (): Promise<string | undefined> =>
      messagesOf(await people(id)).find((one) => one.messageId === messageId)?.messageStatus;
    expect((await receipt('Read')).status).toBe(200);
    expect(await status()).toBe('read');
    await receipt('Delivered');
    expect(await status()).toBe('read');
    const unknown = await inbound('receipt', { id: 'none', channel: { to: { id: 'x' }, time: channel.time }, status: 'Read' }); // prettier-ignore
    expect(unknown.status).toBe(404);
  });

  it('takes events, refuses unknown integrations and empty messages', async () => {
    const typing = await inbound('event', { channel, events: [{ eventType: 'Typing' }] });
    expect(typing).toMatchObject({ status: 200, body: { type: 'Event', id: expect.any(String) } });
    expect((await api('POST', 'messages/nobody/inbound/open/message', { channel, text: 'x' })).status).toBe(404);
    expect((await inbound('message', { channel })).status).toBe(400);
    const listed = await api('GET', 'messaging/integrations/open');
    expect(listed.body.entities?.[0]).toMatchObject({ id: emulator.center.openIntegrationId });
  });
});

describe('a notice without an agent', () => {
  const notice = { fromAddress: '+18005550100', toAddress: '+12065550142', toAddressMessengerType: 'sms' };

  it('is a conversation of its own that is delivered and ends', async () => {
    const sent = await api('POST', 'messages/agentless', { ...notice, textBody: 'your parcel is on its way' });
    const { fromAddress, toAddress } = notice;
    expect(sent.body).toMatchObject({ fromAddress, toAddress, messengerType: 'sms' });
    const id = String(sent.body['conversationId']);
    await settled(emulator);
    const all = await people(id);
    expect(all.map(({ purpose }) => purpose)).toEqual(['customer']);
    expect(messagesOf(all)).toEqual([expect.objectContaining({ messageId: sent.body.id, messageStatus: 'delivery-success' })]); // prettier-ignore
    expect(all[0]?.endTime).toBeDefined();
    const long = await api('POST', 'messages/agentless', { ...notice, textBody: 'x'.repeat(766) });
    expect(long.status).toBe(400);
  });

  it('goes into the open thread when asked to', async () => {
    const id = String((await say('hello')).body['conversationId']);
    const sent = await api('POST', 'messages/agentless', {
      fromAddress: emulator.center.openIntegrationId,
      toAddress: 'guest-1',
      toAddressMessengerType: 'open',
      textBody: 'by the way',
      useExistingActiveConversation: true,
    });
    expect(sent.body['conversationId']).toBe(id);
    expect((await api('GET', `messages/${id}/messages/${sent.body.id ?? ''}`)).body).toMatchObject({
      normalizedMessage: { text: 'by the way' },
    });
  });
});
