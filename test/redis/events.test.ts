// POST /v1/events on real partition logs: who may, what is answered to each event, and that a repeat adds nothing.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Api } from '../../src/api/server.ts';
import { startApi } from '../../src/api/server.ts';
import { routeEvent } from '../../src/envelopes/event.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Appender } from '../../src/partitions/append.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { readAfter } from '../../src/partitions/protocol.ts';
import { roomIn, type Room } from '../../src/partitions/room.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { pipelineRig, TEST_KEY, type Rig } from '../support/pipeline.ts';

const TOKEN = 'a-token-of-at-least-twenty-characters';
const BODY_LIMIT = 400_000;

let pipeline: Rig;
let api: Api;
let appender: Appender;
let room: Room;
const metrics = createMetrics();

beforeEach(async () => {
  pipeline = await pipelineRig({ partitions: 4 });
  ({ appender } = pipeline);
  room = 'free';
  api = await start(TOKEN);
});
afterEach(async () => {
  await api.close();
  await pipeline.close();
});

const start = (eventsToken: string | undefined): Promise<Api> =>
  startApi({
    config: {
      apiHost: '127.0.0.1',
      apiPort: 0,
      apiBodyLimitBytes: BODY_LIMIT,
      metricsScope: 'process',
      partitions: 4,
      redisPrefix: pipeline.keys.doorbell.split(':')[0] ?? '',
      eventsToken,
      ingestMaxFrameBytes: 2048,
      webhookAllow: undefined,
      webhookPorts: '443',
      webhookTimeoutMs: 5000,
      webhookRetries: 3,
      enrichment: 'off',
      enrichmentWindowMinutes: 15,
    },
    redis: pipeline.redis,
    queues: [],
    seal: sealWith(TEST_KEY),
    metrics,
    log: createLogger({ level: 'silent', role: 'test' }),
    version: '0.1.0',
    password: 'correct horse battery',
    sessionKey: 'only this test knows it',
    clock: systemClock,
    consoleDir: '/nowhere',
    assets: {},
    events: { appender: { append: (...args) => appender.append(...args) }, room: () => Promise.resolve(room) },
    resumePartition: () => Promise.resolve(),
  });

const post = (body: string, headers: Record<string, string> = {}, url = api.url): Promise<Response> =>
  fetch(`${url}/v1/events`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
  });
const event = (conversationId: string, payload: object = { participantId: 'p1' }) => ({
  eventType: 'participant:joined',
  conversationId,
  payload,
});
const json = (value: unknown): string => JSON.stringify(value);
const logged = async (): Promise<string[]> => {
  const all = await Promise.all(
    [0, 1, 2, 3].map((p) => readAfter(pipeline.redis, pipeline.keys.partition(p), '0-0', 9999)),
  );
  return all.flat().flatMap(({ events }) => events.map(({ raw }) => raw));
};
const codeOf = async (response: Response): Promise<unknown> => ((await response.json()) as { code?: string }).code;

describe('POST /v1/events', () => {
  it('takes one event into the log of its conversation', async () => {
    const response = await post(json(event('c1')));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 1, rejected: 0, items: [{ index: 0, status: 'accepted' }] });
    const own = await readAfter(pipeline.redis, pipeline.keys.partition(partitionOf('c1', 4)), '0-0', 10);
    expect(own.flatMap(({ events }) => events.map(({ raw }) => JSON.parse(raw) as unknown))).toEqual([event('c1')]);
  });

  it('takes lists and lines, answers each event for itself, and keeps the order', async () => {
    const bad = event('c1', {});
    const list = await post(json([event('c1', { participantId: 'a' }), bad, event('c1', { participantId: 'b' })]));
    expect(list.status).toBe(207);
    const told = (await list.json()) as { items: { field?: string; code?: string; message?: string }[] };
    expect(told).toMatchObject({ accepted: 2, rejected: 1 });
    expect(told.items[1]).toMatchObject({ index: 1, status: 'rejected', code: 'envelope_invalid', field: 'payload.participantId' }); // prettier-ignore
    const lines = [
      json(event('c1', { participantId: 'c' })),
      '{"a secret',
      '',
      json(event('c1', { participantId: 'd' })),
    ];
    const byLine = await post(lines.join('\r\n'), { 'content-type': 'application/x-ndjson' });
    const text = await byLine.text();
    expect([byLine.status, text.includes('secret')]).toEqual([207, false]);
    expect(JSON.parse(text)).toMatchObject({ items: [{}, { code: 'envelope_not_json', field: 'envelope' }, {}] });
    const order = (await logged()).map((raw) => (JSON.parse(raw) as { payload: object }).payload);
    expect(order).toEqual(['a', 'b', 'c', 'd'].map((participantId) => ({ participantId })));
  });

  it('writes what is read as an envelope again, whatever the spelling and the order of the keys', async () => {
    const odd = {
      topicName: 'x',
      payload: { participant_id: 'p1' },
      conversation_id: 'c9',
      event_type: 'participant:left',
    };
    expect((await post(json(odd))).status).toBe(202);
    expect((await logged()).map(routeEvent)).toEqual([{ kind: 'envelope', key: 'c9' }]);
  });

  it('refuses, with the reason, what cannot be read', async () => {
    const all = await post(json([{}, 7]));
    expect([all.status, await all.json()]).toMatchObject([422, { accepted: 0, rejected: 2 }]);
    for (const body of ['', '[]', 'no JSON'])
      expect(await codeOf(await post(body))).toMatch(/^(body_not_json|ctp_empty)/);
    const large = await post(json(event('c1', { participantId: 'p1', note: 'x'.repeat(3000) })));
    expect(await large.json()).toMatchObject({ items: [{ code: 'envelope_too_large' }] });
    expect(await codeOf(await post(json(Array.from({ length: 1001 }, () => event('c1')))))).toBe('too_many_events');
    const huge = await post(json(event('c1', { note: 'x'.repeat(BODY_LIMIT) })));
    expect([huge.status, await codeOf(huge)]).toEqual([413, 'body_too_large']);
    expect((await post('<xml/>', { 'content-type': 'text/xml' })).status).toBe(415);
    expect(await logged()).toEqual([]);
  });

  it('asks for the token, and takes nothing where none is set', async () => {
    for (const authorization of ['', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      expect((await post(json(event('c1')), { authorization })).status, authorization).toBe(401);
    }
    const closed = await start(undefined);
    const response = await post(json(event('c1')), {}, closed.url);
    expect([response.status, await codeOf(response)]).toEqual([403, 'events_off']);
    await closed.close();
    expect(await logged()).toEqual([]);
  });
});

describe('its description', () => {
  it('names the ways to send, the token and every answer', async () => {
    const authorization = `Basic ${Buffer.from('x:correct horse battery').toString('base64')}`;
    const openapi = (await (await fetch(`${api.url}/openapi.json`, { headers: { authorization } })).json()) as {
      paths: Record<string, { post: { requestBody: { content: object }; security: object[]; responses: object } }>;
    };
    const { requestBody, security, responses } = openapi.paths['/v1/events']?.post ?? {};
    expect(Object.keys(requestBody?.content ?? {})).toEqual(expect.arrayContaining(['application/json', 'application/x-ndjson'])); // prettier-ignore
    expect(security).toEqual([{ eventsToken: [] }]);
    expect(Object.keys(responses ?? {})).toEqual(['202', '207', '400', '401', '403', '413', '422', '429', '503']);
    expect(JSON.stringify(requestBody)).toContain('deliveryReceipt');
  });
});

describe('an Idempotency-Key', () => {
  const key = { 'idempotency-key': 'order-1' };
  const isFirst = (id: string): boolean => partitionOf(id, 4) === partitionOf('c1', 4);
  const elsewhere = ['c3', 'c4', 'c5', 'c6', 'c7'].find((id) => !isFirst(id)) ?? '';
  const body = json([event('c1'), event('c2', {}), event(elsewhere)]);

  it('with the same body: the same answer, nothing appended again', async () => {
    const first = await post(body, key);
    const again = await post(body, key);
    expect([again.status, await again.json()]).toEqual([first.status, await first.json()]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await logged()).toHaveLength(2);
    // the control: without the key they are taken again
    await post(body);
    expect(await logged()).toHaveLength(4);
  });

  it('with another body: refused', async () => {
    await post(body, key);
    const other = await post(json(event('c1')), key);
    expect([other.status, await codeOf(other)]).toEqual([422, 'idempotency_key_reused']);
    expect(await logged()).toHaveLength(2);
    expect(await codeOf(await post(body, { 'idempotency-key': 'has space' }))).toBe('idempotency_key_invalid');
  });

  it('holds when the first answer was lost, also in the middle of the append', async () => {
    appender = {
      append: async (events, name) => {
        await pipeline.appender.append(
          events.filter(({ key: id }) => isFirst(id)),
          name,
        );
        throw new Error('Command timed out');
      },
    };
    const lost = await post(body, key);
    expect([lost.status, lost.headers.get('retry-after')]).toEqual([503, '2']);
    ({ appender } = pipeline);
    expect((await post(body, key)).status).toBe(207);
    expect(await logged()).toHaveLength(2);
  });

  it('sent twice at once adds nothing twice', async () => {
    const answers = await Promise.all([post(body, key), post(body, key), post(body, key)]);
    expect(answers.map(({ status }) => status)).toEqual([207, 207, 207]);
    expect(await logged()).toHaveLength(2);
  });
});

describe('without room', () => {
  it.each([
    ['log_full', 429, '2'],
    ['redis_full', 503, '10'],
  ] as const)('%s: %i, and when to come again', async (full, status, seconds) => {
    room = full;
    const response = await post(json(event('c1')), { 'idempotency-key': 'k' });
    expect([response.status, response.headers.get('retry-after'), await codeOf(response)]).toEqual([
      status,
      seconds,
      full,
    ]);
    room = 'free';
    expect((await post(json(event('c1')), { 'idempotency-key': 'k' })).status).toBe(202);
    expect(await logged()).toHaveLength(1);
  });

  it('is what the logs say', async () => {
    const { redis, keys } = pipeline;
    const ask = (logMaxEntries: number): Promise<Room> =>
      roomIn({ redis, keys, partitions: 4, logMaxEntries, clock: systemClock })();
    await post(json(event('c1')));
    expect([await ask(2), await ask(1)]).toEqual(['free', 'log_full']);
  });
});
