// Finding and reading dead letters over HTTP, on a real queue; and what is refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LetterResponse, ListResponse } from '../../src/api/routes/dead-letters-schema.ts';
import { deadLetterRig, manyLetters, PASSWORD, SECRET, type DeadLetterRig } from '../support/dead-letter-rig.ts';

interface Description {
  readonly paths: Record<
    string,
    { post: { responses: Record<string, { content: Record<string, { schema: z.core.JSONSchema.JSONSchema }> }> } }
  >;
}

const LETTERS = 250;

let rig: DeadLetterRig;

beforeAll(async () => {
  rig = await deadLetterRig();
  await rig.park(...manyLetters(LETTERS));
});
afterAll(() => rig.close());

const list = async (query: string): Promise<ListResponse> => (await rig.ask(query)).json() as Promise<ListResponse>;
const problem = async (response: Promise<Response>) => {
  const { status, code, detail } = (await (await response).json()) as Record<string, unknown>;
  return { status, code, detail };
};

async function allPages(query: string): Promise<ListResponse['letters']> {
  const letters: ListResponse['letters'] = [];
  let cursor = '';
  for (;;) {
    const page = await list(`?${query}${cursor}`);
    letters.push(...page.letters);
    if (page.next === null) return letters;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

describe('pages', () => {
  it('hold every letter once, newest first', async () => {
    const letters = await allPages('limit=40');
    expect(new Set(letters.map(({ id }) => id)).size).toBe(LETTERS);
    expect(letters).toHaveLength(LETTERS);
    const times = letters.map(({ parkedAt }) => parkedAt);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('hold every letter once even when all were parked in the same millisecond', async () => {
    const { redis } = rig.base;
    const failed = rig.queue.toKey('failed');
    const before = await redis.zrange(failed, 0, -1, 'WITHSCORES');
    const same = redis.pipeline();
    for (const id of await rig.waiting()) same.zadd(failed, 1_800_000_000_000, id);
    await same.exec();
    const letters = await allPages('limit=7');
    expect(new Set(letters.map(({ id }) => id)).size).toBe(LETTERS);
    expect(letters).toHaveLength(LETTERS);
    const restore = redis.pipeline();
    for (let i = 0; i < before.length; i += 2) restore.zadd(failed, before[i + 1] ?? '', before[i] ?? '');
    await restore.exec();
  });

  it('filter by code, stage, conversation and time', async () => {
    expect(await allPages('code=frame_misrouted')).toHaveLength(LETTERS / 5);
    expect(await allPages('code=frame_misrouted&conversation=c-5')).toHaveLength(LETTERS / 10);
    expect(await allPages('conversation=c-3&limit=9')).toHaveLength(LETTERS / 10);
    expect(await allPages('stage=conversations')).toHaveLength(LETTERS);
    expect(await allPages('stage=sync-crm')).toHaveLength(0);
    expect(await allPages('since=1h')).toHaveLength(LETTERS);
    expect(await allPages('until=1h')).toHaveLength(0);
    const [newest] = await allPages('limit=1');
    const moment = encodeURIComponent(new Date((newest?.parkedAt ?? 0) + 1).toISOString());
    expect(await allPages(`since=${moment}`)).toHaveLength(0);
    expect(await allPages(`until=${moment}`)).toHaveLength(LETTERS);
  });

  it('say nothing of the content', async () => {
    const text = await (await rig.ask('?limit=500')).text();
    expect(text).not.toMatch(/sealed"|Jane|v1\./);
  });

  it('read letters of a large content a few at a time', async () => {
    const large = Array.from({ length: 4 }, (_, n) => ({ id: `9${n}-1-0`, raw: 'x'.repeat(1_200_000), code: 'large' }));
    await rig.park(...large);
    expect((await allPages('code=large')).map(({ sizeBytes }) => sizeBytes)).toEqual(Array(4).fill(1_200_000));
    expect(await (await rig.ask('/discard', { code: 'large' })).json()).toMatchObject({ matched: 4, done: 4 });
  });
});

describe('one letter', () => {
  it('is shown with its evidence, sealed content only on request', async () => {
    const plain = (await (await rig.ask('/p0-7-0-0')).json()) as LetterResponse;
    expect(plain).toMatchObject({ id: 'p0-7-0-0', stage: 'conversations', code: 'frame_invalid', partition: 0, attempts: 1, replayable: true, conversationId: 'c-7' }); // prettier-ignore
    expect(plain.sha256).toHaveLength(64);
    expect(plain.sealed).toBeUndefined();
    const text = await (await rig.ask('/p0-7-0-0?sealed=true')).text();
    expect(text).toContain('"sealed":"v1.');
    expect(text).not.toContain('Jane');
  });

  it('on the command line; its content with a warning', async () => {
    const shown = await rig.cli('dead-letters', 'show', 'p0-7-0-0');
    expect([shown.exitCode, shown.error]).toEqual([0, '']);
    expect(shown.out).toMatch(/Code +frame_invalid\n/);
    expect(shown.out).not.toContain('Jane');
    const opened = await rig.cli('dead-letters', 'show', 'p0-7-0-0', '--payload');
    expect(opened.error).toMatch(/^Warning: .*personal data/);
    expect(opened.out).toContain(`{"note":"${SECRET} 7"}`);
  });

  it.each(['p0-999-0-0', 'meta', 'stalled-check', 'failed', 'a%2Fb'])('%s is unknown', async (id) => {
    expect(await problem(rig.ask(`/${id}`))).toMatchObject({ status: 404, code: 'dead_letter_unknown' });
  });

  it('that is unknown ends the command with 1 and a sentence', async () => {
    const { exitCode, error } = await rig.cli('dead-letters', 'show', 'p0-999-0-0');
    expect([exitCode, error]).toEqual([1, expect.stringContaining('No dead letter of this id waits')]);
  });
});

describe('the description of the API', () => {
  it('is true of a change', async () => {
    const headers = { authorization: `Basic ${Buffer.from(`x:${PASSWORD}`).toString('base64')}` };
    const described = (await (await fetch(`${rig.api.url}/openapi.json`, { headers })).json()) as Description;
    const body = { ids: ['p0-3-0-0', 'p0-999-0-0'], dryRun: true };
    for (const change of ['/retry', '/discard']) {
      const schema = described.paths[`/api/v1/dead-letters${change}`]?.post.responses['200']?.content['application/json']?.schema; // prettier-ignore
      const promised = z.fromJSONSchema(schema ?? { not: {} });
      const answer: unknown = await (await rig.ask(change, body)).json();
      expect(promised.safeParse(answer).error).toBeUndefined();
      expect(promised.safeParse({ ...Object(answer), unheardOf: 1 }).success).toBe(false);
    }
  });
});

describe('bad requests', () => {
  it.each([
    ['?limit=0', '/limit'],
    ['?limit=501', '/limit'],
    ['?since=yesterday', '/since: must be how long ago'],
    ['?until=2026-02-31', '/until: must be how long ago'],
    ['?since=2026-03-02T14:00:00', '/since: must be how long ago'],
    ['?code=no%20spaces', '/code'],
    ['?cursor=nonsense', '/cursor: must be the `next` of an answer'],
    ['?since=1h&until=2h', 'since: is later than until'],
  ])('%s: %s', async (query, detail) => {
    expect(await problem(rig.ask(query))).toEqual({ status: 400, code: 'invalid_request', detail: expect.stringContaining(detail) }); // prettier-ignore
  });

  it.each([
    [{ ids: [] }, '/ids'],
    [{ limit: 501 }, '/limit'],
    [{ conversationId: 'c-1' }, 'conversationId'],
    [{ dryRun: 'yes' }, '/dryRun'],
  ])('a change of %j is refused, and nothing is changed', async (body, detail) => {
    for (const change of ['/retry', '/discard']) {
      expect(await problem(rig.ask(change, body))).toMatchObject({ status: 400, detail: expect.stringContaining(detail) }); // prettier-ignore
    }
    expect(await rig.waiting()).toHaveLength(LETTERS);
  });

  it('are told from made-up ids: those touch nothing', async () => {
    const ids = ['meta', 'failed', 'events', 'p0-999-0-0'];
    const answer: unknown = await (await rig.ask('/discard', { ids })).json();
    expect(answer).toMatchObject({ matched: 4, done: 0, skipped: ids.map((id) => ({ id, reason: 'not_found' })) });
    expect(await rig.waiting()).toHaveLength(LETTERS);
  });

  it('without a sign-in, or from another site, change nothing', async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${rig.api.url}/api/v1/dead-letters/discard`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{}',
      });
    expect((await post({})).status).toBe(401);
    const signedIn = await fetch(`${rig.api.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ password: PASSWORD }),
    });
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await post({ cookie, origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ cookie })).status).toBe(403);
    expect(await rig.waiting()).toHaveLength(LETTERS);
  });
});
