// Sign-in against a scripted platform: one request for many callers, renewal in time, and who is told what.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import type { TokenSource } from '../../../src/stores/tokens/token-source.ts';
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { startScriptedPlatform, type ScriptedPlatform } from './scripted-platform.ts';

const LOGIN = 'POST /login/oauth/token';

describe('sign-in', () => {
  let platform: ScriptedPlatform;
  let clock: FakeClock;
  let tokens: TokenSource;

  beforeEach(async () => {
    platform = await startScriptedPlatform();
    clock = createFakeClock();
    const { login } = platformUrls({ region: 'mypurecloud.com', gatewayUrl: platform.url });
    tokens = createSignIn({ url: login, clientId: 'id', clientSecret: 's3cr3t/+', clock, timeoutMs: 300 });
  });
  afterEach(() => platform.close());

  it('sends client credentials as the platform wants them', async () => {
    await tokens.token();
    expect(platform.requests).toMatchObject([
      { route: LOGIN, body: 'grant_type=client_credentials', authorization: `Basic ${btoa('id:s3cr3t/+')}` },
    ]);
  });

  it('makes one request for many callers, and none while the token is fresh', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.token()));
    expect(new Set(all)).toEqual(new Set(['token-1']));
    clock.advance(86_400_000 - 60_001);
    expect(await tokens.token()).toBe('token-1');
    expect(platform.count(LOGIN)).toBe(1);
  });

  it('renews 60 s before expiry', async () => {
    await tokens.token();
    clock.advance(86_400_000 - 60_000);
    expect(await tokens.token()).toBe('token-2');
  });

  it('uses a very short token for half its life instead of never', async () => {
    platform.script(LOGIN, { body: { access_token: 'brief', expires_in: 30 } });
    await tokens.token();
    clock.advance(14_999);
    expect(await tokens.token()).toBe('brief');
    clock.advance(1);
    expect(await tokens.token()).toBe('token-1');
  });

  it('renews once when several callers report the same refused token', async () => {
    const refused = await tokens.token();
    const renewed = await Promise.all([tokens.renew(refused), tokens.renew(refused)]);
    expect(renewed).toEqual([
      { token: 'token-2', isNew: true },
      { token: 'token-2', isNew: true },
    ]);
    expect(await tokens.renew(refused)).toEqual({ token: 'token-2', isNew: false });
    expect(await tokens.token()).toBe('token-2');
    expect(platform.count(LOGIN)).toBe(2);
  });

  it.each([
    { status: 400, body: { error: 'invalid_client', description: 'client not found: id' } },
    { status: 401, body: { error: 'invalid_client' } },
    { status: 400, body: { error: 'unauthorized_client' } },
  ])('is fatal for bad credentials ($status $body.error) and names the settings, not the secret', async (answer) => {
    platform.script(LOGIN, answer);
    const failure = await tokens.token().catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'fatal', code: 'bad_credentials' });
    expect(String(failure)).toMatch(/THROUGHLINE_GENESYS_CLIENT_ID.*THROUGHLINE_GENESYS_CLIENT_SECRET/);
    expect(String(failure)).toContain(answer.body.error);
    expect(String(failure)).not.toContain('s3cr3t');
    expect(String(failure)).not.toContain('client not found');
  });

  it.each([
    [{ status: 503 }, { kind: 'retryable', code: 'platform_unavailable' }],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { kind: 'throttled', retryAfterMs: 7000 },
    ],
    [{ hang: true }, { kind: 'retryable', code: 'timeout' }],
    [{ body: '<html>please sign in to the wifi</html>' }, { kind: 'retryable', code: 'unexpected_answer' }],
    [{ body: { access_token: '', expires_in: 1 } }, { kind: 'retryable', code: 'unexpected_answer' }],
  ] as const)('answers %j with %j and asks again next time', async (answer, expected) => {
    platform.script(LOGIN, answer);
    await expect(tokens.token()).rejects.toMatchObject(expected);
    expect(await tokens.token()).toBe('token-1');
  });

  it('is fatal where there is no platform, and names the address settings', async () => {
    platform.script(LOGIN, { status: 404, body: '<html>nginx</html>' });
    const failure = await tokens.token().catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'fatal', code: 'no_platform_there' });
    expect(String(failure)).toMatch(/THROUGHLINE_GENESYS_GATEWAY_URL.*THROUGHLINE_GENESYS_REGION/);
  });

  it('is retryable when nobody listens', async () => {
    await platform.close();
    await expect(tokens.token()).rejects.toMatchObject({ kind: 'retryable', code: 'unreachable' });
    platform = await startScriptedPlatform();
  });
});

describe('platform urls', () => {
  it('are the region’s hosts', () => {
    expect(platformUrls({ region: 'mypurecloud.ie' })).toEqual({
      login: 'https://login.mypurecloud.ie/oauth/token',
      api: 'https://api.mypurecloud.ie/api/v2',
    });
  });

  it('are the gateway’s paths when there is one', () => {
    expect(platformUrls({ region: 'mypurecloud.ie', gatewayUrl: 'http://127.0.0.1:7710/' })).toEqual({
      login: 'http://127.0.0.1:7710/login/oauth/token',
      api: 'http://127.0.0.1:7710/api/v2',
    });
  });
});
