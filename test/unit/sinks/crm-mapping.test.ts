// A mapping of the user's own: what is sent, who signs in, and what is read of the answers.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filled, templateSchema } from '../../../src/sinks/crm/mapping/template.ts';
import { Unmappable } from '../../../src/sinks/crm/mapping/transforms.ts';
import { clientOf, conversation, failureOf, message, NOW, send, startCrmServer, type CrmServer } from './crm-server.ts';

let server: CrmServer;
beforeAll(async () => {
  server = await startCrmServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.seen.length = 0;
  server.answer = { status: 200 };
});

describe('a request', () => {
  it('has the method, path, headers, wrapping and fields of the mapping', async () => {
    const mapping = {
      kind: 'http',
      method: 'PUT',
      path: '/bulk?mode=fast',
      headers: { 'X-Source': 'throughline' },
      idempotencyHeader: 'X-Request-Key',
      wrap: 'items',
      body: { dryRun: false },
      records: {
        conversation: {
          id: 'recordId',
          kind: { value: 'call' },
          at: { from: 'startedAt', transform: ['epochSeconds'] },
          channel: { from: 'media', transform: [{ map: { voice: 'Phone' }, otherwise: 'Other' }] },
          figures: { fields: { handle: { from: 'handleSeconds', transform: ['round'], default: 0 } } },
        },
      },
    };
    const verdicts = await send(clientOf({ url: `${server.url}/api/`, mapping }), [conversation('a'), message('m')], 'batch-7'); // prettier-ignore
    expect(server.seen).toMatchObject([{ method: 'PUT', path: '/api/bulk?mode=fast' }]);
    expect(server.seen[0]?.headers).toMatchObject({ 'x-source': 'throughline', 'x-request-key': 'batch-7' });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      dryRun: false,
      items: [{ id: 'a', kind: 'call', at: NOW / 1000 - 7200, channel: 'Phone', figures: { handle: 13 } }],
    });
    // a kind that the mapping leaves out stays here
    expect(verdicts).toEqual([{ kind: 'done' }, { kind: 'done' }]);
  });

  it('is not made when nothing of a batch is to be sent', async () => {
    const mapping = { kind: 'http', records: { message: { id: 'recordId' } } };
    expect(await send(clientOf({ url: server.url, mapping }), [conversation('a')])).toEqual([{ kind: 'done' }]);
    expect(server.seen).toEqual([]);
  });

  it('may be a bare array', async () => {
    await send(clientOf({ url: server.url, mapping: { kind: 'http', wrap: null } }), [{ recordId: 'a' }]);
    expect(server.seen[0]?.body).toBe('[{"recordId":"a"}]');
  });

  it('leaves out the record that cannot be mapped, names its field, and never its value', async () => {
    const mapping = { kind: 'http', records: { conversation: { n: { from: 'queueId', transform: ['number'] } } } };
    const records = [conversation('a', { queueId: 'secret' }), conversation('b', { queueId: '7' })];
    const [first, second] = await send(clientOf({ url: server.url, mapping }), records);
    expect(first).toMatchObject({ kind: 'reject', code: 'crm_unmappable' });
    expect(first).toHaveProperty('message', expect.stringContaining('"queueId" for the field "n" is not a number'));
    expect(JSON.stringify(first)).not.toContain('secret');
    expect(second).toEqual({ kind: 'done' });
    expect(server.seen[0]?.body).toBe('{"records":[{"n":7}]}');
  });

  it('over the mapping’s limit is split, not sent', async () => {
    const client = clientOf({ url: server.url, mapping: { kind: 'http', maxRecords: 1 } });
    const failure = await failureOf(send(client, [{ recordId: 'a' }, { recordId: 'b' }]));
    expect([failure.kind, failure.code]).toEqual(['poison', 'batch_over_limit']);
    expect(server.seen).toEqual([]);
  });
});

describe('transforms', () => {
  it.each([
    ['string', 5, '5'],
    ['number', '5.5', 5.5],
    ['number', ' ', Unmappable],
    ['boolean', 'Yes', true],
    ['boolean', 'banana', Unmappable],
    ['upper', 'aé', 'AÉ'],
    ['lower', 'AB', 'ab'],
    ['round', 2.5, 3],
    ['date', '2026-03-02T23:59:59.000Z', '2026-03-02'],
    ['epochMs', '2026-03-02T12:00:00Z', NOW],
    ['epochMs', 'soon', Unmappable],
    [{ prefix: 'gc-' }, 'x', 'gc-x'],
    [{ suffix: '!' }, 'x', 'x!'],
    [{ truncate: 2 }, 'abc', 'ab'],
    [{ replace: { '/': '_' } }, 'a/b/c', 'a_b_c'],
    [{ map: { a: 1 } }, 'b', Unmappable],
    [{ map: { a: 1 }, otherwise: null }, 'b', null],
    ['number', null, null],
  ])('%j of %j is %j', (transform, value, expected) => {
    const template = templateSchema.parse({ out: { from: 'in', transform: [transform] } });
    const run = () => filled(template, { in: value })['out'];
    if (expected === Unmappable) expect(run).toThrow(Unmappable);
    else expect(run()).toEqual(expected);
  });
});

describe('signing in', () => {
  const oauth = { kind: 'http', auth: { type: 'oauth2', tokenUrl: '/token', scope: 'crm' } };
  const pair = { clientId: 'id', clientSecret: 's&cret' };

  it('basic and none', async () => {
    await send(clientOf({ url: server.url, mapping: { kind: 'http', auth: { type: 'basic' } }, ...pair }), [{ recordId: 'a' }]); // prettier-ignore
    await send(clientOf({ url: server.url, mapping: { kind: 'http', auth: { type: 'none' } }, token: 't' }), [{ recordId: 'a' }]); // prettier-ignore
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([`Basic ${btoa('id:s&cret')}`, undefined]);
  });

  it('client credentials: one token however many batches wait, kept until shortly before its end', async () => {
    let now = NOW;
    let given = 0;
    server.answer = ({ path }) =>
      path === '/token'
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ access_token: `t${(given += 1)}`, expires_in: 3600 }) } // prettier-ignore
        : { status: 200 };
    const client = clientOf({ url: server.url, mapping: oauth, now: () => now, ...pair });
    await Promise.all([1, 2, 3].map((n) => send(client, [{ recordId: 'a' }], `batch-${n}`)));
    now += 3_539_000;
    await send(client, [{ recordId: 'a' }]);
    expect(given).toBe(1);
    now += 2000;
    await send(client, [{ recordId: 'a' }]);
    expect(given).toBe(2);
    expect(new URLSearchParams(server.seen.find(({ path }) => path === '/token')?.body).get('client_secret')).toBe(
      's&cret',
    );
    expect(server.seen.at(-1)?.headers.authorization).toBe('Bearer t2');
  });

  it('a token that the CRM refuses is not used again; the batch comes again by its job', async () => {
    let given = 0;
    server.answer = ({ path, headers }) => {
      if (path === '/token') return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ access_token: `t${(given += 1)}` }) }; // prettier-ignore
      return { status: headers.authorization === 'Bearer t1' ? 401 : 200 };
    };
    const client = clientOf({ url: server.url, mapping: oauth, ...pair });
    expect((await failureOf(send(client, [{ recordId: 'a' }]))).code).toBe('crm_unauthorized');
    expect(await send(client, [{ recordId: 'a' }])).toEqual([{ kind: 'done' }]);
    expect(given).toBe(2);
  });

  it.each([
    [{ status: 401 }, 'crm_unauthorized', 'check THROUGHLINE_CRM_CLIENT_ID and THROUGHLINE_CRM_CLIENT_SECRET'],
    [{ status: 404 }, 'crm_wrong_address', '"auth.tokenUrl"'],
    [{ status: 200, body: '<html></html>' }, 'crm_sign_in_unreadable', '"auth.tokenUrl"'],
    [{ status: 503 }, 'crm_throttled', 'signing in'],
  ])('%j is %s', async (told, code, words) => {
    server.answer = told;
    const failure = await failureOf(send(clientOf({ url: server.url, mapping: oauth, ...pair }), [{ recordId: 'a' }]));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(words);
    expect(failure.message).not.toContain('s&cret');
  });
});

describe('answers', () => {
  it('are read by the mapping’s paths and outcome rules', async () => {
    const mapping = {
      kind: 'http',
      answer: { results: 'data.rows', id: 'ref.id', status: 'st', code: 'why.0.code', outcomes: { retry: ['LOCKED', 500], reject: ['4xx', 'GONE'], otherwise: 'reject' } }, // prettier-ignore
    };
    const rows = [
      { ref: { id: 'd' }, st: 201 },
      { ref: { id: 'c' }, st: 400, why: [{ code: 'LOCKED' }] },
      { ref: { id: 'b' }, st: 404 },
      { ref: { id: 'a' }, why: [{ code: 'NOBODY_KNOWS' }] },
    ];
    server.answer = { status: 200, body: JSON.stringify({ data: { rows } }) };
    const verdicts = await send(clientOf({ url: server.url, mapping }), ['a', 'b', 'c', 'd'].map((recordId) => ({ recordId }))); // prettier-ignore
    expect(verdicts.map((verdict) => ('code' in verdict ? [verdict.kind, verdict.code] : verdict.kind))).toEqual([
      ['reject', 'NOBODY_KNOWS'],
      ['reject', 'http_404'],
      ['retry', 'LOCKED'],
      'done',
    ]);
  });
});
