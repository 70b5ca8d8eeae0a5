// Who gets in, and what a signed-in browser cannot be made to do by another site.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, startSampleApi } from '../browser/support/sample-api.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { apiRig, basic, signIn, type Rig } from './api-client.ts';

const HOUR = 3_600_000;

let rig: Rig;
const clock = createFakeClock();

beforeAll(async () => {
  rig = await apiRig({ now: clock.now() }, { clock });
});
afterAll(() => rig.close());

describe('without a sign-in', () => {
  it.each(['/healthz', '/readyz', '/version', '/metrics', '/sign-in', '/assets/base.css'])(
    '%s is open',
    async (path) => {
      expect((await rig.askAnyone(path)).status).toBe(200);
    },
  );

  it.each(['/api/v1/overview', '/api/v1/live', '/openapi.json', '/docs/json', '/queues/api/queues', '/'])(
    '%s answers 401 without a challenge',
    async (path) => {
      const response = await rig.askAnyone(path);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBeNull();
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    },
  );

  it('pages lead to the sign-in and from there back', async () => {
    const headers = { accept: 'text/html' };
    const [root, board] = await Promise.all(['/', '/queues?page=2'].map((path) => rig.askAnyone(path, { headers })));
    expect([root?.status, root?.headers.get('location')]).toEqual([303, '/sign-in']);
    expect(board?.headers.get('location')).toBe('/sign-in?next=%2Fqueues%3Fpage%3D2');
  });

  it('the console’s pages are not among its open files', async () => {
    expect((await rig.askAnyone('/assets/index.html')).status).toBe(404);
    expect((await rig.askAnyone('/assets/..%2f..%2fpackage.json')).status).toBe(404);
  });
});

describe('signing in', () => {
  it('sets a cookie that scripts and other sites cannot use, for 12 hours', async () => {
    const { response, setCookie, cookie } = await signIn(rig);
    expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=43200'])
      expect(setCookie).toContain(attribute);
    const page = await rig.askAnyone('/', { headers: { cookie, accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Conversations in flight');
    expect((await rig.askAnyone('/sign-in', { headers: { cookie } })).headers.get('location')).toBe('/');
  });

  it('as JSON gives the cookie and no page', async () => {
    const headers = { 'content-type': 'application/json' };
    const post = (password: string) =>
      rig.askAnyone('/sign-in', { method: 'POST', headers, body: JSON.stringify({ password }) });
    expect((await post(PASSWORD)).status).toBe(204);
    const wrong = await post('not it');
    expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([401, 'wrong_password']);
  });

  it.each([
    ['/queues/queue/dead-letters?status=failed', '/queues/queue/dead-letters?status=failed'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['/.//evil.example/', '/'],
  ])('with next=%s leads to %s', async (next, location) => {
    const { response } = await signIn(rig, PASSWORD, `?next=${encodeURIComponent(next)}`);
    expect(response.headers.get('location')).toBe(location);
  });

  it('from another site is refused', async () => {
    const headers = { origin: 'https://evil.example' };
    const body = new URLSearchParams({ password: PASSWORD });
    const response = await rig.askAnyone('/sign-in', { method: 'POST', headers, body });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null]);
  });

  it('out ends it', async () => {
    const { cookie } = await signIn(rig);
    const headers = { cookie, origin: rig.api.url };
    const response = await rig.askAnyone('/sign-out', { method: 'POST', headers, body: new URLSearchParams() });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/sign-in']);
    expect(response.headers.get('set-cookie')).toMatch(/^throughline_session=;.*Max-Age=0/);
  });
});

describe('a session', () => {
  const isIn = async (cookie: string, url = rig.api.url): Promise<boolean> =>
    (await fetch(`${url}/api/v1/conversations`, { headers: { cookie } })).status === 200;

  it('ends after 12 hours', async () => {
    const { cookie } = await signIn(rig);
    clock.advance(12 * HOUR - 1000);
    expect(await isIn(cookie)).toBe(true);
    clock.advance(1001);
    expect(await isIn(cookie)).toBe(false);
  });

  it('cannot be prolonged or made up', async () => {
    const { cookie } = await signIn(rig);
    const [name, value = ''] = cookie.split('=');
    const signature = decodeURIComponent(value).split('.')[1] ?? '';
    const later = `${name}=${encodeURIComponent(`${clock.now() + 99 * HOUR}.${signature}`)}`;
    expect(await isIn(later)).toBe(false);
    expect(await isIn(`${name}=${clock.now() + HOUR}`)).toBe(false);
    expect(await isIn(cookie)).toBe(true);
  });

  it('holds on every replica with the same key, until the password changes', async () => {
    const { cookie } = await signIn(rig);
    const replica = await startSampleApi(rig.deployment, { clock });
    const renamed = await startSampleApi(rig.deployment, { clock, password: 'a new password' });
    expect(await isIn(cookie, replica.url)).toBe(true);
    expect(await isIn(cookie, renamed.url)).toBe(false);
    await Promise.all([replica.close(), renamed.close()]);
  });
});

describe('a change', () => {
  const pauseAll = (headers: Record<string, string>) =>
    rig.askAnyone('/queues/api/queues/resume', { method: 'PUT', headers });

  it('needs a page of this server when a cookie says who asks', async () => {
    const { cookie } = await signIn(rig);
    expect((await pauseAll({ cookie })).status).toBe(403);
    expect((await pauseAll({ cookie, origin: 'https://evil.example' })).status).toBe(403);
    expect((await pauseAll({ cookie, 'sec-fetch-site': 'cross-site', origin: rig.api.url })).status).toBe(403);
    expect((await pauseAll({ cookie, 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await pauseAll({ cookie, origin: rig.api.url })).status).toBe(200);
    expect((await pauseAll({ cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('by a script with the password needs none', async () => {
    expect((await pauseAll({ authorization: basic(PASSWORD) })).status).toBe(200);
  });
});

describe('guessing', () => {
  it('is stopped after ten wrong passwords, by form or Basic, even for a right one', async () => {
    const guessed = await apiRig();
    const { cookie } = await signIn(guessed);
    const tryBasic = async (password: string) =>
      (await guessed.askAnyone('/api/v1/conversations', { headers: { authorization: basic(password) } })).status;
    for (let n = 0; n < 5; n += 1) {
      expect((await signIn(guessed, `wrong ${n}`)).response.status).toBe(401);
      expect(await tryBasic(`wrong ${n}`)).toBe(401);
    }
    const refused = await signIn(guessed);
    expect([refused.response.status, refused.cookie]).toEqual([429, '']);
    expect(await refused.response.text()).toContain('Wait a minute');
    expect(await tryBasic(PASSWORD)).toBe(429);
    const stillIn = await guessed.askAnyone('/api/v1/conversations', { headers: { cookie } });
    expect(stillIn.status).toBe(200);
    await guessed.close();
  });
});

describe('security headers', () => {
  it('let the console load from this server alone', async () => {
    const policy = (await rig.ask('/')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toContain('http');
  });

  it('allow inline styles to Bull Board and the docs only, and scripts nowhere', async () => {
    for (const path of ['/queues', '/docs/']) {
      const policy = (await rig.ask(path)).headers.get('content-security-policy') ?? '';
      expect(policy, path).toContain("style-src 'self' 'unsafe-inline'");
      expect(policy, path).toMatch(/script-src 'self'(;|$)/);
    }
  });
});
