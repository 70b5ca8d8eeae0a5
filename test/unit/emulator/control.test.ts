// The control API, conversations over REST, attributes, and what the emulator does to a socket that misbehaves.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { eventually } from '../../support/eventually.ts';
import { frameProblems } from '../../support/event-schemas.ts';
import {
  call,
  platformClient,
  post,
  queueTopics,
  settled,
  startQuietly,
  type PlatformClient,
} from './platform-client.ts';

interface Resource {
  readonly startTime: string;
  readonly endTime?: string;
  readonly participants: readonly {
    id: string;
    purpose: string;
    startTime: string;
    attributes: Record<string, string>;
  }[];
}

let emulator: GenesysEmulator;
let client: PlatformClient;
beforeEach(async () => {
  emulator = await startQuietly();
  client = await platformClient(emulator.url);
});
afterEach(() => emulator.close());

const control = (path: string, body: unknown): ReturnType<typeof post> => post(`${emulator.url}/emulator${path}`, body);
const startOne = async (media: string): Promise<string> => {
  const { body } = await control('/conversations', { count: 1, media });
  return (body['conversationIds'] as string[])[0] ?? '';
};
const read = async (id: string): Promise<Resource> =>
  (await client.call('GET', `/api/v2/conversations/${id}`)).body as unknown as Resource;

describe('conversations over REST', () => {
  it('are read with start, end and participants', async () => {
    const id = await startOne('message');
    await settled(emulator);
    const resource = await read(id);
    expect(Date.parse(resource.endTime ?? '')).toBeGreaterThan(Date.parse(resource.startTime));
    expect(resource.participants.map(({ purpose }) => purpose)).toEqual(
      expect.arrayContaining(['customer', 'acd', 'agent']),
    );
    for (const { startTime } of resource.participants) expect(Date.parse(startTime)).not.toBeNaN();
  });

  it('merge attributes a moment after the 202, and tell the merged snapshot', async () => {
    const listener = await client.listen(queueTopics(emulator));
    const id = await startOne('email');
    const [customer] = (await read(id)).participants;
    const path = `/api/v2/conversations/${id}/participants/${customer?.id ?? ''}/attributes`;
    const accepted = await client.call('PATCH', path, { attributes: { 'crm.tier': 'platinum', 'crm.new': 'yes' } });
    expect(accepted).toMatchObject({ status: 202, body: {} });
    const merged = { 'crm.accountId': expect.any(String), 'crm.tier': 'platinum', 'crm.new': 'yes' };
    await eventually(
      'the merge',
      async () => (await read(id)).participants[0]?.attributes,
      (got) => got?.['crm.new'] === 'yes',
    );
    expect((await read(id)).participants[0]?.attributes).toEqual(merged);
    const told = await eventually(
      'the snapshot',
      () => listener.frames().find((frame) => JSON.stringify(frame).includes('platinum')),
      (frame) => frame !== undefined,
    );
    expect(frameProblems(told)).toEqual([]);
  });

  it('refuse attributes that are not strings, too many of them, and unknown participants', async () => {
    const id = await startOne('email');
    const [customer] = (await read(id)).participants;
    const path = (participantId = ''): string => `/api/v2/conversations/${id}/participants/${participantId}/attributes`;
    const refused = await client.call('PATCH', path(customer?.id), { attributes: { age: 41 } });
    expect(refused).toMatchObject({ status: 400, body: { details: [{ fieldName: 'attributes.age' }] } });
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`k${n}`, 'v']));
    expect((await client.call('PATCH', path(customer?.id), { attributes: many })).status).toBe(400);
    expect((await client.call('PATCH', path('nobody'), { attributes: {} })).status).toBe(404);
  });
});

describe('control API', () => {
  it('changes the rate of arrivals', async () => {
    expect((await control('/rate', { conversationsPerMinute: 600_000 })).status).toBe(200);
    await eventually(
      'arrivals',
      () => emulator.status().started,
      (started) => started > 20,
    );
    await control('/rate', { conversationsPerMinute: 0 });
    await settled(emulator);
    const { started } = emulator.status();
    const { body } = await call(`${emulator.url}/emulator/ledger`);
    expect(body['conversations']).toHaveLength(started);
    expect(body['forgotten']).toBe(0);
    expect((await control('/rate', { conversationsPerMinute: -1 })).status).toBe(400);
  });

  it('keeps a bounded ledger and says how much it forgot', async () => {
    await emulator.close();
    emulator = await startQuietly({ maxLedgerEntries: 5 });
    await control('/conversations', { count: 12 });
    await settled(emulator);
    const { body } = await call(`${emulator.url}/emulator/ledger`);
    expect(body['conversations']).toHaveLength(5);
    expect(body['forgotten']).toBe(7);
  });

  it('announces and closes sockets', async () => {
    const listener = await client.listen([]);
    const { body } = await control('/sockets/close', { code: 1012, announce: true });
    expect(body).toEqual({ closed: 1 });
    await eventually(
      'the close',
      () => listener.closedWith(),
      (code) => code === 1012,
    );
    const [announcement] = listener.frames();
    expect(announcement?.topicName).toBe('v2.system.socket_closing');
    expect(frameProblems(announcement)).toEqual([]);
    expect((await control('/sockets/close', { code: 1005 })).status).toBe(400);
  });

  it('breaks connections without a close frame', async () => {
    const listener = await client.listen([]);
    await control('/sockets/close', { code: 1006 });
    await eventually(
      'the break',
      () => listener.closedWith(),
      (code) => code === 1006,
    );
  });

  it('sends raw frames to every socket, large and broken ones too', async () => {
    const listeners = [await client.listen([]), await client.listen([])];
    const large = 'x'.repeat(2 * 1024 * 1024);
    expect((await control('/frames', { raw: '{"topicName":' })).body).toEqual({ sockets: 2 });
    await control('/frames', { raw: large });
    for (const { texts } of listeners) {
      await eventually(
        'both frames',
        () => texts.map(({ length }) => length),
        (sizes) => sizes.length === 2,
      );
      expect(texts).toEqual(['{"topicName":', large]);
    }
    expect((await control('/frames', {})).status).toBe(400);
  });
});

describe('a socket that does not read', () => {
  it('is cut at its bound, and counted', async () => {
    await emulator.close();
    emulator = await startQuietly({ maxBufferedBytes: 1024 * 1024 });
    client = await platformClient(emulator.url);
    const { socket } = await client.listen([]);
    socket.pause();
    const raw = 'x'.repeat(1024 * 1024);
    await eventually(
      'the cut',
      async () => {
        await control('/frames', { raw });
        return emulator.status();
      },
      ({ slowConsumers, sockets }) => slowConsumers === 1 && sockets === 0,
    );
    socket.terminate();
  });
});
