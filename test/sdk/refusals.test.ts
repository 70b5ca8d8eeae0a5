// The official SDK is refused by the emulated platform as by the platform: what it throws, and in which form.
import { afterEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import { post, startQuietly } from '../unit/emulator/platform-client.ts';
import { apiClient, expectPlatformHeaders, invoke, sdkClient } from './sdk-client.ts';

let emulator: GenesysEmulator;
afterEach(() => emulator.close());
const fault = (body: unknown): Promise<unknown> => post(`${emulator.url}/emulator/rest/faults`, body);

describe('sign-in', () => {
  it('gives a token with its expiry, and refuses a wrong secret', async () => {
    emulator = await startQuietly();
    const { accessToken, tokenExpiryTime } = await apiClient(emulator).loginClientCredentialsGrant(EMULATOR_CLIENT.id, EMULATOR_CLIENT.secret); // prettier-ignore
    expect(accessToken).toMatch(/./);
    expect(tokenExpiryTime).toBeGreaterThan(Date.now() + 86_000_000);
    const wrong = apiClient(emulator).loginClientCredentialsGrant(EMULATOR_CLIENT.id, 'guess');
    // Signing in, the SDK rejects with what its HTTP client threw.
    await expect(wrong).rejects.toMatchObject({ response: { status: 401, data: { error: 'invalid_client' } } });
  });

  it('is not renewed by the SDK: an expired token is 401', async () => {
    let now = Date.now();
    emulator = await startQuietly({ tokenSeconds: 300, clock: () => now });
    const client = await sdkClient(emulator);
    await client.call('RoutingApi.getRoutingQueues');
    now += 300_000;
    expect(await client.refused('RoutingApi.getRoutingQueues')).toMatchObject({
      status: 401,
      body: { code: 'bad.credentials' },
    });
  });
});

describe('refusals', () => {
  it('not found, bad request, missing permission, too large', async () => {
    emulator = await startQuietly({ clients: [{ ...EMULATOR_CLIENT, lacks: ['architect:flow:view'] }] });
    const client = await sdkClient(emulator);
    const missing = await client.refused('ConversationsApi.getConversation', 'none');
    expect(missing).toMatchObject({ status: 404, body: { code: 'not.found' } });
    expectPlatformHeaders(missing.headers);
    const page = await client.refused('RoutingApi.getRoutingQueues', { pageSize: 501 });
    expect(page).toMatchObject({ status: 400, body: { details: [{ fieldName: 'pageSize' }] } });
    const forbidden = await client.refused('ArchitectApi.getFlow', emulator.center.flows[0]?.id);
    expect(forbidden).toMatchObject({
      status: 403,
      body: { code: 'missing.permissions', messageParams: { permissions: 'architect:flow:view' } },
    });
    const large = { contactIds: ['x'.repeat(600_000)] };
    expect((await client.refused('ExternalContactsApi.postExternalcontactsContactsMerge', large)).status).toBe(413);
  });

  it('too many requests, with when to come back', async () => {
    emulator = await startQuietly({ requestsPerMinute: 1 });
    const client = await sdkClient(emulator);
    await client.call('UsersApi.getUsers');
    const { status, headers, body } = await client.refused('UsersApi.getUsers');
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body).toMatchObject({ code: 'too.many.requests.retry.after', limit: { value: 1 } });
  });

  it.each([500, 502, 503, 504])('%i, once, when asked to', async (status) => {
    emulator = await startQuietly();
    const client = await sdkClient(emulator);
    await fault({ path: '/api/v2/users', status });
    expect((await client.refused('UsersApi.getUsers')).status).toBe(status);
    await client.call('UsersApi.getUsers');
  });

  it('reject with the body alone where answers are not extended, and resolve nothing for an empty 202', async () => {
    emulator = await startQuietly({ speed: 1 });
    const { api } = await sdkClient(emulator);
    api.setReturnExtendedResponses(false);
    await expect(invoke(api, 'UsersApi.getUser', ['none'])).rejects.toMatchObject({ status: 404, code: 'not.found' });
    const [id = ''] = emulator.driver.start(1, 'email');
    const customer = emulator.driver.find(id)?.snapshot.participants[0]?.id;
    const patch = [id, customer, { attributes: { a: 'b' } }];
    // The SDK hands on the empty body as it reads it.
    expect(await invoke(api, 'ConversationsApi.patchConversationParticipantAttributes', patch)).toBeFalsy();
  });
});
