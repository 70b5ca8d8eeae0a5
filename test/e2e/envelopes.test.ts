// Envelopes from outside to the CRM: by HTTP and by WebSocket, through the same partitions and stages as native frames; what
// is malformed is refused or becomes a dead letter that names the field, and a body is nowhere afterwards.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { deadLetterRig, type DeadLetterRig } from '../support/dead-letter-rig.ts';
import { eventually } from '../support/eventually.ts';

const TOKEN = 'a-token-of-at-least-twenty-characters';
const SECRET = 'my card is 4111 1111 1111 1111';

let rig: DeadLetterRig;
let peer: WebSocketServer | undefined;
afterEach(async () => {
  for (const client of peer?.clients ?? []) client.terminate();
  await rig.close();
  peer?.close();
});

const at = (second: number): string => new Date(Date.parse('2026-03-02T14:00:00Z') + second * 1000).toISOString();
const tell = (eventType: string, second: number, payload: object) => ({
  eventType,
  conversationId: 'envelope-1',
  timestamp: at(second),
  payload,
});
const customer = { participantId: 'customer-1', purpose: 'customer' };
const agent = { participant_id: 'agent-1', purpose: 'agent', media: 'message' };
const files = [{ url: 'https://files.example/a' }, { fileName: 'no address' }];
const story = [
  tell('participant:connected', 0, { ...customer, version: 1 }),
  tell('message:received', 1, { ...customer, version: 2, messages: [{ id: 'm1', body: SECRET, createdTime: at(1), attachments: files }] }), // prettier-ignore
  tell('participant:added', 5, { ...agent, version: 3 }),
  tell('participant:connected', 6, { ...agent, version: 4 }),
  tell('message:sent', 10, {
    ...agent,
    version: 5,
    messages: [
      { id: 'm2', body: SECRET, created_time: at(10), delivery_receipt: { delivered_time: at(12), read_time: at(60) } },
      { id: 'm3', createdTime: at(11), deliveryReceipt: { deliveredTime: at(400), readTime: at(500) } },
    ],
  }),
  tell('participant:left', 90, { ...agent, version: 6 }),
  tell('participant:left', 91, { ...customer, version: 7 }),
];

const post = (body: unknown): Promise<Response> =>
  fetch(`${rig.api.url}/v1/events`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  });
const record = (id: string) => rig.product.crm.records.find(id)?.record;
const ended = () =>
  eventually(
    'ended in the CRM',
    () => record('envelope-1'),
    (found) => found?.['status'] === 'ended',
  );

function expectTheStory(): void {
  expect(record('envelope-1')).toMatchObject({
    media: 'message',
    participantState: 'left',
    handleSeconds: 84,
    attachmentsCount: 1,
  });
  expect(record('envelope-1/m1')).toMatchObject({ direction: 'inbound', deliveredAt: null, attachmentsCount: 1 });
  expect(record('envelope-1/m2')).toMatchObject({ slaStatus: 'compliant', deliveredAt: at(12), readAt: at(60) });
  expect(record('envelope-1/m3')).toMatchObject({ slaStatus: 'breach' });
}

async function everythingInRedis(): Promise<string> {
  const { redis, config } = rig.base;
  const all: string[] = [];
  for (const key of await redis.keys(`${config.redisPrefix}:*`)) {
    const type = await redis.type(key);
    if (type === 'string') all.push((await redis.get(key)) ?? '');
    if (type === 'hash') all.push(...Object.values(await redis.hgetall(key)));
    if (type === 'stream') all.push(...(await redis.xrange(key, '-', '+')).flatMap(([, fields]) => fields));
  }
  return all.join('\n');
}

describe('a conversation told by envelopes', () => {
  it('by HTTP ends in the CRM, and its bodies are nowhere', async () => {
    rig = await deadLetterRig({ THROUGHLINE_EVENTS_TOKEN: TOKEN });
    expect((await post(story)).status).toBe(202);
    await ended();
    expectTheStory();
    expect(await rig.product.counted('n:deadLetters')).toBe(0);
    const kept = await everythingInRedis();
    expect([kept.includes('envelope-1'), kept.includes('4111')]).toEqual([true, false]);
    expect(await rig.base.metrics.registry.metrics()).toContain('throughline_attachments_dropped_total 1');
  });

  it('by WebSocket ends the same; what is malformed becomes a dead letter that names the field', async () => {
    peer = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(peer, 'listening');
    const url = `ws://127.0.0.1:${(peer.address() as AddressInfo).port}`;
    rig = await deadLetterRig({ THROUGHLINE_ENVELOPES_URL: url });
    const connected = once(peer, 'connection');
    await rig.product.start('ingester');
    await connected;
    const [client] = peer.clients;
    const bad = [
      tell('participant:flew', 2, customer),
      tell('message:sent', 2, { ...customer, messages: [{ body: SECRET }] }),
    ];
    for (const event of [...story.slice(0, 4), ...bad, ...story.slice(4)]) client?.send(JSON.stringify(event));
    client?.send('{"eventType": cut off');
    await ended();
    expectTheStory();
    await rig.parked(3);
    const { letters } = (await (await rig.ask('')).json()) as { letters: { code: string; message: string }[] };
    const told = letters.map(({ code, message }) => `${code} ${message.split(':')[0]}`).toSorted();
    expect(told).toEqual([
      'envelope_invalid eventType',
      'envelope_invalid payload.messages[0].id',
      'envelope_not_json the envelope is not JSON',
    ]);
    expect(await everythingInRedis()).not.toContain('4111');
  });
});
