// Schemas read from the emulated platform and kept in real Redis: read once, noticed when changed, served while reading
// fails, and refused in words that help.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { readSchemaRules, type SchemaRules } from '../../src/domain/enrichment/schema-rules.ts';
import { startGenesysEmulator, type GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import { platformUrls } from '../../src/genesys/platform-url.ts';
import { createRest, type Rest } from '../../src/genesys/rest.ts';
import { conversationSchemas } from '../../src/genesys/schemas/conversation-schemas.ts';
import { CachedSchemas, type ServedSchema } from '../../src/genesys/schemas/schema-source.ts';
import { createSignIn } from '../../src/genesys/sign-in.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor, type Keys } from '../../src/stores/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';

const TTL_MS = 300_000;
const STALE_MS = 3_600_000;
const log = createLogger({ level: 'silent', role: 'test' });
const never = new AbortController().signal;

let platform: GenesysEmulator;
let redis: Redis;
let keys: Keys;
let clock: FakeClock;
let calls: string[];
let rest: Rest;

beforeEach(async () => {
  platform = await startGenesysEmulator({ port: 0, seed: 7, conversationsPerMinute: 0, speed: 1000 });
  redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
  keys = keysFor(`t-${randomUUID().slice(0, 8)}`);
  clock = createFakeClock();
  calls = [];
  const { login, api } = platformUrls({ region: 'mypurecloud.com', gatewayUrl: platform.url });
  const { id: clientId, secret: clientSecret } = EMULATOR_CLIENT;
  const real = createRest({ url: api, tokens: createSignIn({ url: login, clientId, clientSecret, clock: systemClock }) }); // prettier-ignore
  rest = { call: (call) => (calls.push(call.path), real.call(call)) };
});
afterEach(async () => {
  await redis.del(keys.attributeSchema('flow', flow()), keys.attributeSchema('custom', custom()));
  redis.disconnect();
  await platform.close();
});

const flow = (): string => platform.center.flows.find(({ name }) => name === 'Enrich customer')?.id ?? '';
const custom = (): string => platform.center.attributesSchema.id;

function replica(over: { redis?: Redis } = {}) {
  const metrics = createMetrics();
  const needs = { rest, redis, keys, clock, metrics, log, onRedisError: () => undefined, ...over };
  const source = new CachedSchemas({ ...needs, ttlMs: TTL_MS, staleMs: STALE_MS });
  const read = (id = flow(), signal = new AbortController().signal): Promise<ServedSchema> =>
    source.read({ kind: 'flow', id }, signal);
  const counted = async (outcome: string): Promise<number> => {
    const metric = await metrics.registry.getSingleMetric('throughline_enrichment_schema_reads_total')?.get();
    return metric?.values.find(({ labels }) => labels['outcome'] === outcome)?.value ?? 0;
  };
  return { source, read, counted };
}

async function control(path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${platform.url}/emulator/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }); // prettier-ignore
  expect(answer.status).toBe(200);
}
const fail = (status: number, times = 1): Promise<void> =>
  control('rest/faults', { path: '/api/v2/flows/*', status, times });
const keysOf = ({ schema }: ServedSchema): string[] => schema.attributes.map(({ key }) => key);

describe('a schema', () => {
  it('is read once for all who ask at once, and once for all replicas', async () => {
    const [one, other] = [replica(), replica()];
    const served = await Promise.all(Array.from({ length: 20 }, () => one.read()));
    expect(calls).toEqual(['/flows/{id}']);
    expect(served[0]).toMatchObject({ stale: false, problem: undefined });
    expect(served[0]?.schema.name).toBe(`flow Enrich customer (${flow()})`);
    expect(served[0]?.schema.attributes).toContainEqual(
      { key: 'openCases', types: ['integer'], required: false, nullable: false, minimum: 0 }, // prettier-ignore
    );
    expect(await other.read()).toEqual(served[0]);
    expect(calls).toHaveLength(1);
    expect([await one.counted('read'), await other.counted('shared')]).toEqual([1, 1]);
  });

  it('is noticed to have changed when its time is up, not before', async () => {
    const { read } = replica();
    const before = await read();
    await control('schemas', { id: flow(), schema: { properties: { loyalty: { type: 'number' } } } });
    clock.advance(TTL_MS - 1);
    expect(await read()).toEqual(before);
    clock.advance(1);
    expect(keysOf(await read())).toEqual(['loyalty']);
  });

  it('that declares nothing says so', async () => {
    await control('schemas', { id: flow(), schema: { type: 'object' } });
    expect(await replica().read()).toMatchObject({ problem: 'the schema has no "properties"', schema: { attributes: [] } }); // prettier-ignore
  });

  it('of custom attributes is read from its core types', async () => {
    const { schema } = await replica().source.read({ kind: 'custom', id: custom() }, never);
    expect(schema.name).toBe(`custom-attributes schema Customer (${custom()})`);
    expect(schema.attributes.map(({ key, types, target }) => [key, types[0], target])).toContainEqual(
      ['isVip', 'boolean', 'custom'], // prettier-ignore
    );
  });
});

describe('while it cannot be read', () => {
  it('the last known one serves, marked stale, for its time and no longer; others of the cluster have it too', async () => {
    const { read, counted } = replica();
    const before = await read();
    await fail(500, 100);
    clock.advance(TTL_MS);
    const marked = { ...before, stale: true };
    expect(await read()).toEqual(marked);
    expect(await replica().read()).toEqual(marked);
    const asked = calls.length;
    // it rests before it asks again
    clock.advance(9999);
    expect(await read()).toEqual(marked);
    expect(calls).toHaveLength(asked);
    clock.advance(STALE_MS - 9999);
    await expect(read()).rejects.toMatchObject({ kind: 'retryable', code: 'platform_unavailable' });
    expect([await counted('stale'), await counted('failed')]).toEqual([1, 1]);
    await fetch(`${platform.url}/emulator/rest/faults`, { method: 'DELETE' });
    clock.advance(10_000);
    expect(await read()).toEqual(before);
  });

  it('one who has a last known one waits two seconds for a newer, not more', async () => {
    const { read } = replica();
    await read();
    await control('rest/faults', { path: '/api/v2/flows/*', delayMs: 3000 });
    clock.advance(TTL_MS);
    const served = read();
    await eventually('the wait', () => clock.waits(), ([wait]) => wait === 2000); // prettier-ignore
    clock.advance(2000);
    expect((await served).stale).toBe(true);
  });

  it('one who is stopped does not wait at all, and the others still get it', async () => {
    const { read } = replica();
    await control('rest/faults', { path: '/api/v2/flows/*', delayMs: 200 });
    const stopping = new AbortController();
    const [stopped, other] = [read(flow(), stopping.signal), read()];
    stopping.abort();
    await expect(stopped).rejects.toMatchObject({ kind: 'interrupted' });
    expect((await other).stale).toBe(false);
    expect(calls).toHaveLength(1);
  });

  it('Redis is not needed for it', async () => {
    const gone = connectRedis('redis://127.0.0.1:1', 'request', () => undefined);
    const { read } = replica({ redis: gone });
    expect((await read()).stale).toBe(false);
    gone.disconnect();
  });

  it('what another version has left in Redis is read anew', async () => {
    await redis.set(keys.attributeSchema('flow', flow()), '{"fetchedAt":1}');
    expect((await replica().read()).stale).toBe(false);
    expect(calls).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('names the flow that is not there, and is not asked for again at once', async () => {
    const { read } = replica();
    const id = randomUUID();
    const refusal = { kind: 'poison', code: 'schema_not_found' };
    await expect(read(id)).rejects.toMatchObject(refusal);
    await expect(read(id)).rejects.toThrow(`There is no flow ${id} (GET /flows/{id} was answered 404`);
    expect(calls).toHaveLength(1);
    await control('schemas', { id: flow(), schema: null });
    await expect(read()).rejects.toMatchObject(refusal);
  });

  it.each([
    ['flow', 'architect:flow:view', flow],
    ['custom', 'conversation:customAttributes:schemaView', custom],
  ] as const)('names the %s that may not be read, and the permission %s', async (kind, permission, idOf) => {
    const { source } = replica();
    await control('rest/permissions', { lacks: [permission] });
    const refused = source.read({ kind, id: idOf() }, never);
    await expect(refused).rejects.toMatchObject({ kind: 'poison', code: 'schema_forbidden' });
    await expect(refused).rejects.toThrow(idOf());
    await expect(refused).rejects.toThrow(permission);
  });
});

describe('what a conversation takes', () => {
  const state = { v: 1, conversationId: 'c-1', phase: 'open', media: 'voice', startedAt: 1, asOf: 1, bornAt: 1, version: 1, participants: {} } as const; // prettier-ignore
  const QUEUE = '6f9d2c1e-0000-4000-8000-000000000001';

  it('is what the first rule that fits says; both schemas of one rule are put together', async () => {
    const written = {
      schemas: [
        { media: ['email'], flowId: flow() },
        { queues: [QUEUE.toUpperCase()], flowId: flow(), customAttributesSchemaId: custom() },
      ],
      targets: { tier: 'custom' },
    };
    const schemas = conversationSchemas(rulesOf(written), replica().source);
    expect(await schemas.of(state, never)).toBeUndefined();
    const served = await schemas.of({ ...state, queueId: QUEUE }, never);
    const targets = served?.schema.attributes.map(({ key, target }) => [key, target]);
    expect(targets).toContainEqual(['tier', 'custom']);
    expect(targets).toContainEqual(['openCases', undefined]);
    expect(keysOf(await schemas.ofFlow(flow(), never))).toContain('tier');
  });

  it.each([
    ['{', 'is not JSON'],
    ['{"schemas":[{}]}', 'is wrong at schemas.0: must have a flowId, a customAttributesSchemaId, or both'],
    ['{"schemas":[{"flowId":"x"}]}', 'is wrong at schemas.0.flowId: must be the id of a flow (UUID)'],
    ['{"targets":{"a":"agent"}}', 'is wrong at targets.a: Invalid option: expected one of "participant"|"custom"'],
  ])('%s %s', (text, problem) => {
    expect(readSchemaRules(text)).toEqual({ ok: false, problem });
  });
});

function rulesOf(written: object): SchemaRules {
  const read = readSchemaRules(JSON.stringify(written));
  if (!read.ok) throw new Error(read.problem);
  return read.rules;
}
