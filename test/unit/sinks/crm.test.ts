// What the CRM's answers mean: row by row, against a real HTTP server that answers as told.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientOf, failureOf, send, startCrmServer, type CrmServer, type Told } from './crm-server.ts';

let server: CrmServer;
beforeAll(async () => {
  server = await startCrmServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.seen.length = 0;
});

const records = [{ recordId: 'a' }, { recordId: 'b' }, { recordId: 'c' }];
const post = (told: Told, url = `${server.url}/records`) => {
  server.answer = told;
  return send(clientOf({ url, token: 'tok' }), records);
};
const kinds = async (told: Told) => (await post(told)).map(({ kind }) => kind);
const results = (...statuses: number[]) => JSON.stringify({ results: statuses.map((status, i) => ({ recordId: records[i]?.recordId, status })) }); // prettier-ignore
const page = { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<!doctype html><title>Sign in</title>' };

describe('a batch', () => {
  it('is {"records": [...]} under its idempotency key, with the token', async () => {
    await post({ status: 200 });
    expect(server.seen).toMatchObject([{ method: 'POST', path: '/records', body: JSON.stringify({ records }) }]);
    expect(server.seen[0]?.headers).toMatchObject({
      'idempotency-key': 'batch-1',
      authorization: 'Bearer tok',
      'content-type': 'application/json',
    });
  });

  it.each([
    [{ status: 500 }, 'retryable', 'crm_unavailable'],
    [{ status: 502, ...page }, 'retryable', 'crm_unavailable'],
    [{ status: 408 }, 'retryable', 'crm_unavailable'],
    [{ status: 423 }, 'retryable', 'crm_unavailable'],
    [{ status: 409 }, 'conflict', 'crm_conflict'],
    [{ status: 412 }, 'conflict', 'crm_conflict'],
    [{ status: 400 }, 'poison', 'crm_refused'],
    [{ status: 422 }, 'poison', 'crm_refused'],
    [{ status: 413, ...page }, 'poison', 'crm_refused'],
    [{ status: 400, ...page }, 'retryable', 'crm_not_json'],
    [{ status: 401 }, 'retryable', 'crm_unauthorized'],
    [{ status: 403 }, 'retryable', 'crm_unauthorized'],
    [{ status: 404 }, 'retryable', 'crm_wrong_address'],
    [{ status: 407 }, 'retryable', 'crm_proxy'],
    [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'retryable', 'crm_redirect'],
    [{ status: 429 }, 'throttled', 'crm_throttled'],
    [{ status: 503, ...page }, 'throttled', 'crm_throttled'],
    [{ status: 200, ...page }, 'retryable', 'crm_not_json'],
    [{ status: 200, body: 'OK' }, 'retryable', 'crm_not_json'],
    [{ status: 200, body: '{"results":[' }, 'retryable', 'crm_not_json'],
    [{ status: 207, body: '{}' }, 'retryable', 'crm_answer_unreadable'],
  ])('%j is %s %s', async (told, kind, code) => {
    const failure = await failureOf(post(told));
    expect([failure.kind, failure.code]).toEqual([kind, code]);
    expect(failure.message).not.toContain('tok');
    expect(failure.message).not.toContain('Sign in');
  });

  it.each([
    ['7', 7000],
    ['Mon, 02 Mar 2026 12:01:30 GMT', 90_000],
    ['86400', 3_600_000],
    ['soon', 5000],
    ['0', 1000],
  ])('Retry-After: %s pauses for %i ms', async (value, retryAfterMs) => {
    expect(await failureOf(post({ status: 429, headers: { 'retry-after': value } }))).toMatchObject({ retryAfterMs });
  });
});

describe('what only a person can mend names the setting and the fix', () => {
  it('an address where nobody answers', async () => {
    const failure = await failureOf(post({ status: 200 }, 'http://127.0.0.1:1/records'));
    expect([failure.code, failure.message]).toEqual(['unreachable', expect.stringContaining('THROUGHLINE_CRM_URL')]);
  });

  it.each([
    ['a web page', { status: 200, ...page }, 'with an HTML page instead of JSON: THROUGHLINE_CRM_URL probably names'],
    ['a wrong token', { status: 401 }, 'check THROUGHLINE_CRM_TOKEN'],
    ['a wrong path', { status: 404, ...page }, 'check THROUGHLINE_CRM_URL and the mapping’s path'],
    [
      'a redirect, its host without its query',
      { status: 302, headers: { location: 'https://sso.example.com/in?session=1' } },
      'it redirects to https://sso.example.com; THROUGHLINE_CRM_URL must be the final address',
    ],
  ])('%s', async (_what, told, words) => {
    const { message } = await failureOf(post(told));
    expect(message).toContain(words);
    expect(message).not.toContain('session');
  });

  it('plain HTTP spoken where TLS was expected', async () => {
    const failure = await failureOf(post({ status: 200 }, `${server.url.replace('http:', 'https:')}/records`));
    expect([failure.code, failure.message]).toEqual(['crm_tls', expect.stringContaining('THROUGHLINE_CRM_URL')]);
  });
});

describe('per-record answers', () => {
  it('are honoured by id whatever their order; 4xx is hopeless, 5xx, 409 and 429 come again', async () => {
    const body = JSON.stringify({ results: [{ recordId: 'c', status: 422, code: 'bad.field' }, { recordId: 'a', status: 200 }, { recordId: 'b', status: 503 }] }); // prettier-ignore
    expect(await post({ status: 207, body })).toEqual([
      { kind: 'done' },
      { kind: 'retry', code: 'http_503', message: expect.any(String) },
      { kind: 'reject', code: 'bad.field', message: expect.any(String) },
    ]);
    expect(await kinds({ status: 207, body: results(409, 429, 200) })).toEqual(['retry', 'retry', 'done']);
  });

  it('are honoured in order where they name no record', async () => {
    const body = JSON.stringify({ results: [{ status: 200 }, { status: 422 }, { status: 500 }] });
    expect(await kinds({ status: 207, body })).toEqual(['done', 'reject', 'retry']);
  });

  it('a record without an answer comes again; an empty answer accepts the batch', async () => {
    expect(await kinds({ status: 207, body: results(200) })).toEqual(['done', 'retry', 'retry']);
    expect(await kinds({ status: 204 })).toEqual(['done', 'done', 'done']);
    expect(await kinds({ status: 200, body: '{"ok":true}' })).toEqual(['done', 'done', 'done']);
  });

  it('an errors array names the failed only, by id or by place; the others are done', async () => {
    const body = JSON.stringify({
      errors: [
        { recordId: 'b', status: 422 },
        { index: 2, status: 500 },
      ],
    });
    expect(await kinds({ status: 200, body })).toEqual(['done', 'reject', 'retry']);
  });

  it('an error that names nobody leaves nobody done: each that may have failed comes again', async () => {
    const body = JSON.stringify({
      errors: [
        { recordId: 'b', status: 422 },
        { recordId: 'who?', status: 422 },
      ],
    });
    expect(await kinds({ status: 200, body })).toEqual(['retry', 'reject', 'retry']);
  });
});
