// Signing in to the emulated platform, and what its REST answers without and with a token.
import { afterEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import { call, platformClient, signIn, startQuietly } from './platform-client.ts';

let emulator: GenesysEmulator;
afterEach(() => emulator.close());

describe('sign-in', () => {
  it.each(['/oauth/token', '/login/oauth/token'])('issues a bearer token at %s', async (path) => {
    emulator = await startQuietly();
    const { status, body } = await signIn(emulator.url, EMULATOR_CLIENT, path);
    expect(status).toBe(200);
    expect(body).toEqual({ access_token: expect.any(String), token_type: 'bearer', expires_in: 86_400 });
  });

  it('takes the client from the form as well', async () => {
    emulator = await startQuietly({ clients: [{ id: 'mine', secret: 'a:b c' }] });
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'mine', client_secret: 'a:b c' });
    expect((await call(`${emulator.url}/oauth/token`, { method: 'POST', body: form })).status).toBe(200);
    expect((await signIn(emulator.url, { id: 'mine', secret: 'a:b c' })).status).toBe(200);
  });

  it('refuses a wrong secret, an unknown client and another grant in the platform’s words', async () => {
    emulator = await startQuietly();
    const wrong = await signIn(emulator.url, { ...EMULATOR_CLIENT, secret: 'guess' });
    expect(wrong).toMatchObject({
      status: 401,
      body: { error: 'invalid_client', description: 'authentication failed' },
    });
    const unknown = await signIn(emulator.url, { ...EMULATOR_CLIENT, id: 'nobody' });
    expect(unknown).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
    const grant = new URLSearchParams({ grant_type: 'password' });
    const other = await call(`${emulator.url}/oauth/token`, { method: 'POST', body: grant });
    expect(other).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
  });

  it('answers 401 without a token, with a wrong one, and with one that expired', async () => {
    let now = Date.now();
    emulator = await startQuietly({ tokenSeconds: 60, clock: () => now });
    const bare = await call(`${emulator.url}/api/v2/routing/queues`);
    expect(bare).toMatchObject({ status: 401, body: { code: 'authentication.required', status: 401 } });
    expect(bare.body['contextId']).toBe(bare.headers.get('ININ-Correlation-Id'));
    const headers = { authorization: 'Bearer nonsense' };
    const wrong = await call(`${emulator.url}/api/v2/routing/queues`, { headers });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'bad.credentials' } });
    const client = await platformClient(emulator.url);
    expect((await client.call('GET', '/api/v2/routing/queues')).status).toBe(200);
    now += 60_001;
    expect((await client.call('GET', '/api/v2/routing/queues')).status).toBe(401);
  });
});

describe('REST', () => {
  it('pages queues and users', async () => {
    emulator = await startQuietly();
    const client = await platformClient(emulator.url);
    const queues = await client.call('GET', '/api/v2/routing/queues?pageSize=500');
    expect(queues.body.entities?.map(({ id }) => id)).toEqual(emulator.center.queues.map(({ id }) => id));
    const seen: unknown[] = [];
    for (let page = 1; page <= 7; page += 1) {
      const { body } = await client.call('GET', `/api/v2/users?pageSize=10&pageNumber=${page}`);
      expect(body).toMatchObject({ pageSize: 10, pageNumber: page, pageCount: 7, total: 64 });
      seen.push(...(body.entities ?? []).map(({ id }) => id));
    }
    expect(seen).toEqual(emulator.center.users.map(({ id }) => id));
    const tooLarge = await client.call('GET', '/api/v2/users?pageSize=501');
    expect(tooLarge).toMatchObject({
      status: 400,
      body: { code: 'bad.request', details: [{ fieldName: 'pageSize' }] },
    });
  });

  it('answers errors as ErrorBody: no such path, no such conversation, not JSON, too large', async () => {
    emulator = await startQuietly();
    const client = await platformClient(emulator.url);
    const shape = { message: expect.any(String), contextId: expect.any(String), details: [], errors: [] };
    expect((await client.call('GET', '/api/v2/weather')).body).toEqual({ ...shape, code: 'not.found', status: 404 });
    const unknown = await client.call('GET', '/api/v2/conversations/00000000-0000-4000-8000-000000000000');
    expect(unknown.body).toEqual({ ...shape, code: 'not.found', status: 404 });
    const large = await client.call('PUT', '/api/v2/notifications/channels/x/subscriptions', 'x'.repeat(600_000));
    expect(large).toMatchObject({ status: 413, body: { code: 'request.entity.too.large' } });
    const headers = { 'content-type': 'application/json' };
    const broken = await call(`${emulator.url}/emulator/rate`, { method: 'POST', headers, body: '{"a' });
    expect(broken).toMatchObject({ status: 400, body: { code: 'bad.request' } });
  });
});

describe('start and stop', () => {
  it('rejects with EADDRINUSE when the port is taken, and leaves the first alone', async () => {
    emulator = await startQuietly();
    await expect(startQuietly({ port: emulator.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect((await call(`${emulator.url}/emulator/status`)).status).toBe(200);
  });
});
