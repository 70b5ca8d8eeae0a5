// What comes between a call and its resource: rate limit, permissions, content type, and the faults that were asked for.
import { afterEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import { call, platformClient, post, signIn, startQuietly } from './platform-client.ts';

let emulator: GenesysEmulator;
afterEach(() => emulator.close());

const QUEUES = '/api/v2/routing/queues';
const control = (path: string, body: unknown): ReturnType<typeof post> =>
  post(`${emulator.url}/emulator/rest${path}`, body);
const limitsOf = (headers: Headers): (string | null)[] =>
  ['count', 'allowed', 'reset'].map((name) => headers.get(`inin-ratelimit-${name}`));

describe('the rate limit', () => {
  it('is told on every answer, errors included, and begins again after its minute', async () => {
    let now = Date.now();
    emulator = await startQuietly({ clock: () => now, requestsPerMinute: 3 });
    const client = await platformClient(emulator.url);
    expect(limitsOf((await client.call('GET', QUEUES)).headers)).toEqual(['1', '3', '60']);
    now += 20_000;
    expect(limitsOf((await client.call('GET', '/api/v2/conversations/none')).headers)).toEqual(['2', '3', '40']);
    expect(limitsOf((await client.call('GET', '/api/v2/weather')).headers)).toEqual(['3', '3', '40']);
    now += 40_000;
    expect(limitsOf((await client.call('GET', QUEUES)).headers)).toEqual(['1', '3', '60']);
  });

  it('refuses what is past it with the platform’s 429, by token', async () => {
    let now = Date.now();
    emulator = await startQuietly({ clock: () => now, requestsPerMinute: 2 });
    const [client, other] = [await platformClient(emulator.url), await platformClient(emulator.url)];
    await client.call('GET', QUEUES);
    await client.call('GET', QUEUES);
    now += 10_500;
    const refused = await client.call('GET', QUEUES);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('50');
    expect(limitsOf(refused.headers)).toEqual(['3', '2', '50']);
    expect(refused.body).toMatchObject({
      code: 'too.many.requests.retry.after',
      message: 'Rate limit exceeded the maximum. Retry the request in [50] seconds',
      limit: { key: 'client.credentials.token.rate.per.minute', namespace: 'platform.api', value: 2 },
      contextId: refused.headers.get('ININ-Correlation-Id'),
    });
    expect((await other.call('GET', QUEUES)).status).toBe(200);
    now += 50_000;
    expect((await client.call('GET', QUEUES)).status).toBe(200);
  });

  it('is the platform’s 300 a minute unless told otherwise, and can be changed', async () => {
    emulator = await startQuietly({ requestsPerMinute: 300 });
    const client = await platformClient(emulator.url);
    expect((await control('/limit', { requestsPerMinute: 5 })).status).toBe(200);
    expect(limitsOf((await client.call('GET', QUEUES)).headers)[1]).toBe('5');
    expect((await control('/limit', { requestsPerMinute: 0 })).status).toBe(400);
  });
});

describe('permissions', () => {
  it('that a client lacks are named by the 403', async () => {
    emulator = await startQuietly({ clients: [{ ...EMULATOR_CLIENT, lacks: ['architect:flow:view'] }] });
    const client = await platformClient(emulator.url);
    const refused = await client.call('GET', '/api/v2/flows');
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      code: 'missing.permissions',
      message: expect.stringContaining('architect:flow:view'),
      messageParams: { permissions: 'architect:flow:view' },
    });
    expect((await client.call('GET', QUEUES)).status).toBe(200);
  });

  it('are given and taken while a token is in use; one of several will do', async () => {
    emulator = await startQuietly();
    const client = await platformClient(emulator.url);
    const path = `/api/v2/externalcontacts/contacts/${emulator.center.customers[0]?.externalContactId ?? ''}`;
    await control('/permissions', { lacks: ['externalContacts:contact:view'] });
    expect((await client.call('GET', path)).status).toBe(200);
    await control('/permissions', { lacks: ['externalContacts:contact:view', 'relate:contact:view'] });
    expect((await client.call('GET', path)).body).toMatchObject({ status: 403, code: 'missing.any.permissions' });
    await control('/permissions', { lacks: [] });
    expect((await client.call('GET', path)).status).toBe(200);
  });
});

describe('faults on demand', () => {
  it('hit as many calls as asked, of the path and method asked', async () => {
    emulator = await startQuietly();
    const client = await platformClient(emulator.url);
    await control('/faults', { path: '/api/v2/routing/*', method: 'GET', status: 503, times: 2 });
    await control('/faults', { path: '/api/v2/users', status: 429, retryAfterSeconds: 7200 });
    expect((await client.call('GET', '/api/v2/flows')).status).toBe(200);
    expect((await client.call('GET', QUEUES)).body).toMatchObject({ status: 503, code: 'service.unavailable' });
    expect((await client.call('GET', QUEUES)).status).toBe(503);
    expect((await client.call('GET', QUEUES)).status).toBe(200);
    const limited = await client.call('GET', '/api/v2/users');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7200']);
  });

  it('hit sign-in too, and are forgotten when asked', async () => {
    emulator = await startQuietly();
    await control('/faults', { path: '/oauth/token', status: 500, times: 100 });
    expect((await signIn(emulator.url)).status).toBe(500);
    const cleared = await call(`${emulator.url}/emulator/rest/faults`, { method: 'DELETE' });
    expect(cleared.body).toEqual({ pending: 0 });
    expect((await signIn(emulator.url)).status).toBe(200);
  });

  it('make an answer late, after its work is done', async () => {
    emulator = await startQuietly();
    const client = await platformClient(emulator.url);
    await control('/faults', { path: '/api/v2/notifications/channels', method: 'POST', delayMs: 300 });
    const began = performance.now();
    const late = client.call('POST', '/api/v2/notifications/channels');
    expect((await late).status).toBe(200);
    // Timers may fire a little early.
    expect(performance.now() - began).toBeGreaterThan(295);
    expect((await client.call('GET', '/api/v2/notifications/channels')).body.entities).toHaveLength(1);
  });

  it('are refused when they would do nothing', async () => {
    emulator = await startQuietly();
    const refused = await control('/faults', { path: '/api/v2/users' });
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('status') } });
  });
});

describe('what is not JSON', () => {
  it('is answered 415', async () => {
    emulator = await startQuietly();
    const { body } = await signIn(emulator.url);
    const headers = { authorization: `Bearer ${String(body['access_token'])}`, 'content-type': 'text/plain' };
    const answer = await call(`${emulator.url}/api/v2/externalcontacts/contacts/merge`, { method: 'POST', headers, body: 'x' }); // prettier-ignore
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported.media.type' } });
  });

  it('does not matter where there is no body: clients name a type all the same', async () => {
    emulator = await startQuietly();
    const { body } = await signIn(emulator.url);
    const authorization = `Bearer ${String(body['access_token'])}`;
    for (const type of ['application/x-www-form-urlencoded', 'application/json', 'text/plain']) {
      const headers = { authorization, 'content-type': type };
      const channel = await call(`${emulator.url}/api/v2/notifications/channels`, { method: 'POST', headers });
      expect(channel.status).toBe(200);
    }
  });
});
