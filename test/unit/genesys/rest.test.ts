// The REST client: signing, the one retry it makes, bounds, and what each status becomes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createRest, type Rest } from '../../../src/genesys/rest.ts';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { startScriptedPlatform, type Answer, type ScriptedPlatform } from './scripted-platform.ts';

const LOGIN = 'POST /login/oauth/token';
const READ = 'GET /api/v2/conversations/abc';
const OK: Answer = { body: { id: 'abc', extra: { tolerated: true } } };

describe('rest', () => {
  let platform: ScriptedPlatform;
  let rest: Rest;

  beforeEach(async () => {
    platform = await startScriptedPlatform();
    const urls = platformUrls({ region: 'mypurecloud.com', gatewayUrl: platform.url });
    const tokens = createSignIn({ url: urls.login, clientId: 'id', clientSecret: 'secret', clock: createFakeClock() });
    rest = createRest({ url: urls.api, tokens, timeoutMs: 2000 });
  });
  afterEach(() => platform.close());

  const read = (signal?: AbortSignal) =>
    rest.call({
      method: 'GET',
      path: '/conversations/{id}',
      params: { id: 'abc' },
      answer: z.object({ id: z.string() }),
      ...(signal && { signal }),
    });
  const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => 'no failure',
      (error: unknown) => error,
    );

  it('sends the bearer token and gives back what the schema knows', async () => {
    platform.script(READ, OK);
    expect(await read()).toEqual({ id: 'abc' });
    expect(platform.requests.at(-1)).toMatchObject({ route: READ, authorization: 'Bearer token-1' });
  });

  it('encodes what it puts into a path', async () => {
    await failureOf(rest.call({ method: 'GET', path: '/users/{id}', params: { id: '../x?y' }, answer: z.unknown() }));
    expect(platform.requests.at(-1)?.route).toBe('GET /api/v2/users/..%2Fx%3Fy');
  });

  it('takes a 202 without a body', async () => {
    platform.script('PATCH /api/v2/x', { status: 202, body: '' });
    await expect(rest.call({ method: 'PATCH', path: '/x', body: {}, answer: z.unknown() })).resolves.toBe('');
  });

  it('tries once more with a new token after a 401', async () => {
    platform.script(READ, { status: 401 }, OK);
    expect(await read()).toEqual({ id: 'abc' });
    expect(platform.requests.at(-1)?.authorization).toBe('Bearer token-2');
  });

  it('renews once for concurrent 401s of one token', async () => {
    platform.script(READ, OK, OK, OK, OK, OK);
    platform.revoked.add('token-1');
    await Promise.all(Array.from({ length: 5 }, () => read()));
    expect(platform.count(LOGIN)).toBe(2);
  });

  it('is fatal when a new token is refused as well, without a third try', async () => {
    platform.script(READ, { status: 401 }, { status: 401 });
    expect(await failureOf(read())).toMatchObject({ kind: 'fatal', code: 'unauthorized' });
    expect(platform.count(READ)).toBe(2);
  });

  it.each([
    [
      { status: 429, headers: { 'retry-after': '13' } },
      { kind: 'throttled', retryAfterMs: 13_000 },
    ],
    [
      { status: 429, headers: { 'inin-ratelimit-reset': '9' } },
      { kind: 'throttled', retryAfterMs: 9000 },
    ],
    [{ status: 429 }, { kind: 'throttled', retryAfterMs: 60_000 }],
    [
      { status: 429, headers: { 'retry-after': '999999999' } },
      { kind: 'throttled', retryAfterMs: 86_400_000 },
    ],
    [{ status: 409 }, { kind: 'conflict', code: 'conflict' }],
    [{ status: 412 }, { kind: 'conflict', code: 'conflict' }],
    [{ status: 404 }, { kind: 'poison', code: 'not_found' }],
    [{ status: 400 }, { kind: 'poison', code: 'refused' }],
    [{ status: 413 }, { kind: 'poison', code: 'refused' }],
    [
      { status: 302, headers: { location: 'http://elsewhere.invalid/' } },
      { kind: 'poison', code: 'unexpected_redirect' },
    ],
    [{ status: 408 }, { kind: 'retryable', code: 'platform_unavailable' }],
    [{ status: 500 }, { kind: 'retryable', code: 'platform_unavailable' }],
    [{ status: 504 }, { kind: 'retryable', code: 'platform_unavailable' }],
    [{ hang: true }, { kind: 'retryable', code: 'timeout' }],
    [{ body: '<html>' }, { kind: 'retryable', code: 'unexpected_answer' }],
    [{ body: { id: 7 } }, { kind: 'retryable', code: 'unexpected_answer' }],
    [{ body: `"${'x'.repeat(17 * 1024 * 1024)}"` }, { kind: 'poison', code: 'too_large' }],
  ] as const)('row %# of the table of answers', async (answer, expected) => {
    platform.script(READ, answer);
    expect(await failureOf(read())).toMatchObject(expected);
  });

  it('refuses to send more than the platform takes', async () => {
    const body = 'x'.repeat(600_000);
    const failure = await failureOf(rest.call({ method: 'POST', path: '/x', body: { body }, answer: z.unknown() }));
    expect(failure).toMatchObject({ kind: 'poison', code: 'too_large' });
  });

  it('names the missing permission and the call, and repeats nothing else of the body', async () => {
    platform.script(READ, {
      status: 403,
      headers: { 'inin-correlation-id': '3f7a0c9e-1111-4222-8333-123456789abc' },
      body: {
        code: 'missing.permissions',
        message: 'Ms. Jane Doe <jane@example.com> is missing conversation:communication:view',
        messageParams: { permissions: 'conversation:communication:view' },
      },
    });
    const failure = await failureOf(read());
    expect(failure).toMatchObject({ kind: 'poison', code: 'missing_permission' });
    expect((failure as Error).message).toBe(
      'GET /conversations/{id} was answered 403 (missing.permissions, correlation id 3f7a0c9e-1111-4222-8333-123456789abc). ' +
        'Grant conversation:communication:view to a role of the OAuth client that THROUGHLINE_GENESYS_CLIENT_ID names',
    );
  });

  it('says of a host that is not there which settings name it', async () => {
    await platform.close();
    const failure = await failureOf(read());
    expect(failure).toMatchObject({ kind: 'retryable', code: 'unreachable' });
    expect(String(failure)).toMatch(/ECONNREFUSED.*THROUGHLINE_GENESYS_REGION.*THROUGHLINE_GENESYS_GATEWAY_URL/);
    platform = await startScriptedPlatform();
  });

  it('passes on bad credentials as they are', async () => {
    platform.script(LOGIN, { status: 401 });
    expect(await failureOf(read())).toMatchObject({ kind: 'fatal', code: 'bad_credentials' });
  });

  it('is interrupted, not failed, when its caller stops', async () => {
    const stopping = new AbortController();
    platform.script(READ, { hang: true });
    const failure = failureOf(read(stopping.signal));
    stopping.abort();
    expect(await failure).toMatchObject({ kind: 'interrupted' });
    expect(await failureOf(read(stopping.signal))).toMatchObject({ kind: 'interrupted' });
  });
});
