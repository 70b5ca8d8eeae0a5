// What the CRM's answers mean: row by row, against a real HTTP server that answers as told.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crmClient } from '../../../src/sinks/crm/post-batch.ts';
import { Failure } from '../../../src/runtime/errors.ts';

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
let answer: Answer = { status: 200 };
let seen: { key?: string | undefined; authorization?: string | undefined; body: string };
let server: Server;
let url: string;
const now = Date.parse('2026-03-02T12:00:00Z');

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen = { key: String(request.headers['idempotency-key']), authorization: request.headers.authorization, body };
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/records`;
});
afterAll(() => server.close());

const records = [{ recordId: 'a' }, { recordId: 'b' }, { recordId: 'c' }];
const post = (given: Answer, options: { url?: string } = {}) => {
  answer = given;
  const client = crmClient({ url: options.url ?? url, token: 'tok', timeoutMs: 2000, now: () => now });
  return client.postBatch(records, 'batch-1', new AbortController().signal);
};
const failureOf = async (given: Answer, options?: { url?: string }): Promise<Failure> => {
  const error: unknown = await post(given, options).catch((thrown: unknown) => thrown);
  if (error instanceof Failure) return error;
  throw new Error(`expected a failure, got ${JSON.stringify(error)}`);
};
const results = (...statuses: number[]) => JSON.stringify({ results: statuses.map((status, i) => ({ recordId: records[i]?.recordId, status })) }); // prettier-ignore

describe('a batch', () => {
  it('is {"records": [...]} under its idempotency key, with the token', async () => {
    await post({ status: 200 });
    expect(seen).toEqual({ key: 'batch-1', authorization: 'Bearer tok', body: JSON.stringify({ records }) });
  });

  it.each([
    [{ status: 500 }, 'retryable', 'crm_unavailable'],
    [{ status: 502 }, 'retryable', 'crm_unavailable'],
    [{ status: 408 }, 'retryable', 'crm_unavailable'],
    [{ status: 409 }, 'conflict', 'crm_conflict'],
    [{ status: 412 }, 'conflict', 'crm_conflict'],
    [{ status: 400 }, 'poison', 'crm_refused'],
    [{ status: 422 }, 'poison', 'crm_refused'],
    [{ status: 413 }, 'poison', 'crm_refused'],
    [{ status: 401 }, 'retryable', 'crm_unauthorized'],
    [{ status: 403 }, 'retryable', 'crm_unauthorized'],
    [{ status: 404 }, 'retryable', 'crm_wrong_address'],
    [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'retryable', 'crm_redirect'],
    [{ status: 429 }, 'throttled', 'crm_throttled'],
    [{ status: 503 }, 'throttled', 'crm_throttled'],
  ])('%j is %s %s', async (given, kind, code) => {
    const failure = await failureOf(given);
    expect([failure.kind, failure.code]).toEqual([kind, code]);
    expect(failure.message).not.toContain('tok');
  });

  it.each([
    ['7', 7000],
    ['Mon, 02 Mar 2026 12:01:30 GMT', 90_000],
    ['86400', 3_600_000],
    ['soon', 5000],
    ['0', 1000],
  ])('Retry-After: %s pauses for %i ms', async (value, retryAfterMs) => {
    expect(await failureOf({ status: 429, headers: { 'retry-after': value } })).toMatchObject({ retryAfterMs });
  });

  it('an address where nobody answers is unreachable, and says which setting', async () => {
    const failure = await failureOf({ status: 200 }, { url: 'http://127.0.0.1:1/records' });
    expect([failure.code, failure.message]).toEqual(['unreachable', expect.stringContaining('THROUGHLINE_CRM_URL')]);
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
    expect((await post({ status: 207, body: results(409, 429, 200) })).map(({ kind }) => kind)).toEqual([
      'retry',
      'retry',
      'done',
    ]);
  });

  it('a record without an answer comes again; an answer nobody can read accepts the batch', async () => {
    expect((await post({ status: 207, body: results(200) })).map(({ kind }) => kind)).toEqual([
      'done',
      'retry',
      'retry',
    ]);
    expect((await post({ status: 200, body: '<html>ok</html>' })).map(({ kind }) => kind)).toEqual([
      'done',
      'done',
      'done',
    ]);
    expect((await post({ status: 204 })).map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
  });
});
