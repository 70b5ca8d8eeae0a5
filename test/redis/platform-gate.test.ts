// REST calls through breaker and budget, on real Redis: two clients stand for two processes; one fake clock for both.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { createGate } from '../../src/genesys/gate.ts';
import { platformUrls } from '../../src/genesys/platform-url.ts';
import { createRest, type Rest } from '../../src/genesys/rest.ts';
import { createSignIn } from '../../src/genesys/sign-in.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import type { MetricName } from '../../src/observability/catalogue.ts';
import { createBreaker } from '../../src/runtime/breaker.ts';
import { rateLimitIn, type Priority } from '../../src/stores/rate-limit/rate-limit.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { startScriptedPlatform, type ScriptedPlatform } from '../unit/genesys/scripted-platform.ts';

const LOGIN = 'POST /login/oauth/token';
const QUEUES = 'GET /api/v2/routing/queues';
const QUERY = 'POST /api/v2/analytics/conversations/details/query';
const HOURS = 5 * 3_600_000;

interface Client {
  readonly rest: Rest;
  readonly metrics: Metrics;
  readonly redisErrors: Error[];
}

describe('calls through the gate', () => {
  let platform: ScriptedPlatform;
  let clock: FakeClock;
  let key: string;
  let connections: Redis[];
  let one: Client;
  let other: Client;

  beforeEach(async () => {
    platform = await startScriptedPlatform();
    clock = createFakeClock();
    key = `t-${randomUUID().slice(0, 8)}:{rate-genesys}`;
    connections = [];
    [one, other] = [client(), client()];
  });
  afterEach(async () => {
    await connections[0]?.del(key);
    for (const redis of connections) redis.disconnect();
    await platform.close();
  });

  const client = (redisUrl = inject('redisUrl')): Client => {
    const redis = connectRedis(redisUrl, 'request', () => undefined);
    connections.push(redis);
    const { login, api } = platformUrls({ region: 'mypurecloud.com', gatewayUrl: platform.url });
    const metrics = createMetrics();
    const log = createLogger({ level: 'silent', role: 'test' });
    const redisErrors: Error[] = [];
    const gate = createGate({
      rate: rateLimitIn({ redis, key, perMinute: 300, clock }),
      breaker: createBreaker({ remote: 'genesys', mostInFlight: 10, metrics, log }),
      metrics,
      clock,
      onRedisError: (error) => redisErrors.push(error),
    });
    const tokens = createSignIn({ url: login, clientId: 'id', clientSecret: 's', clock });
    return { rest: createRest({ url: api, tokens, gate, timeoutMs: 1000 }), metrics, redisErrors };
  };
  const queues = ({ rest }: Client, priority: Priority = 'live'): Promise<unknown> =>
    rest.call({
      method: 'GET',
      path: '/routing/queues',
      query: { pageSize: 1, pageNumber: 1 },
      answer: z.unknown(),
      priority,
    });
  const query = ({ rest }: Client): Promise<unknown> =>
    rest.call({ method: 'POST', path: '/analytics/conversations/details/query', body: {}, answer: z.unknown() });
  const metric = async ({ metrics }: Client, name: MetricName): Promise<Record<string, number>> => {
    const found = await metrics.registry.getSingleMetric(name)?.get();
    return Object.fromEntries(
      (found?.values ?? []).map(({ labels, value }) => [
        labels['outcome'] ?? labels['reason'] ?? labels['family'] ?? '',
        value,
      ]),
    );
  };

  it('stops both clients at the budget they share, with nothing sent', async () => {
    for (let i = 0; i < 15; i += 1) await Promise.all([queues(one), queues(other)]);
    const before = platform.requests.length;
    await expect(queues(one)).rejects.toMatchObject({ kind: 'throttled', code: 'rate_budget', retryAfterMs: 223 });
    await expect(queues(other)).rejects.toMatchObject({ kind: 'throttled', code: 'rate_budget', retryAfterMs: 223 });
    expect(platform.requests.length).toBe(before);
    clock.advance(223);
    await queues(other);
    expect(await metric(one, 'throughline_remote_requests_total')).toEqual({ ok: 15 });
    expect(await metric(one, 'throughline_remote_held_back_total')).toEqual({ rate_budget: 1 });
    expect(await metric(other, 'throughline_rate_limit_tokens')).toEqual({ '': 0 });
  });

  it('turns bulk away first', async () => {
    for (let i = 0; i < 15; i += 1) await queues(one, 'bulk');
    await expect(queues(one, 'bulk')).rejects.toMatchObject({ code: 'rate_budget' });
    for (let i = 0; i < 15; i += 1) await queues(other, 'live');
  });

  it('keeps the whole cluster off after a 429, for as long as it says', async () => {
    platform.script(QUEUES, { status: 429, headers: { 'retry-after': '13' } });
    await expect(queues(one)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 13_000 });
    await expect(query(other)).rejects.toMatchObject({ code: 'rate_budget', retryAfterMs: 13_000 });
    expect(platform.count(QUERY)).toBe(0);
    clock.advance(13_000);
    await queues(other);
    expect(await metric(one, 'throughline_remote_requests_total')).toEqual({ rate_limited: 1 });
  });

  it('honours a Retry-After of hours where it was given, and lets the rest of the API work', async () => {
    platform.script(QUERY, { status: 429, headers: { 'retry-after': String(HOURS / 1000) } });
    await expect(query(one)).rejects.toMatchObject({ retryAfterMs: HOURS });
    await expect(query(other)).rejects.toMatchObject({ code: 'rate_budget', retryAfterMs: HOURS });
    await queues(other);
    clock.advance(HOURS - 1);
    await expect(query(other)).rejects.toMatchObject({ retryAfterMs: 1 });
    expect(platform.count(QUERY)).toBe(1);
  });

  it('learns from the headers what is left of the platform’s own window', async () => {
    const headers = { 'inin-ratelimit-count': '178', 'inin-ratelimit-allowed': '180', 'inin-ratelimit-reset': '40' };
    platform.script(QUEUES, { headers });
    await queues(one);
    // told to the others in the background
    for (let looks = 0; (await connections[0]?.hexists(key, 'left:routing')) === 0 && looks < 1000; looks += 1);
    await queues(other);
    await queues(one);
    await expect(queues(other)).rejects.toMatchObject({ code: 'rate_budget', retryAfterMs: 40_000 });
    clock.advance(40_000);
    await queues(other);
  });

  it('leaves a platform alone that fails again and again, without spending the budget', async () => {
    platform.script(QUEUES, ...Array.from({ length: 5 }, () => ({ status: 503 })));
    for (let i = 0; i < 5; i += 1) await expect(queues(one)).rejects.toMatchObject({ code: 'platform_unavailable' });
    const failure = queues(one);
    await expect(failure).rejects.toMatchObject({ kind: 'throttled', code: 'circuit_open' });
    expect(platform.count(QUEUES)).toBe(5);
    expect(await metric(one, 'throughline_remote_breaker_open')).toEqual({ '': 1 });
    expect(await metric(one, 'throughline_rate_limit_tokens')).toEqual({ '': 25 });
    await queues(other);
  });

  it('holds everybody when signing in is throttled', async () => {
    platform.script(LOGIN, { status: 429, headers: { 'retry-after': '20' } });
    await expect(queues(one)).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(queues(other)).rejects.toMatchObject({ code: 'rate_budget', retryAfterMs: 20_000 });
    expect(platform.count(LOGIN)).toBe(1);
  });

  it('goes on without the budget while Redis is away, and tells so', async () => {
    const cut = client('redis://127.0.0.1:1');
    await queues(cut);
    expect(cut.redisErrors.length).toBe(1);
  });
});
