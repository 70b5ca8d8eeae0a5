// Bull Board as the API serves it: every queue, no payload, nothing to press that could lose or forge a job.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redact } from '../../src/api/routes/board-redaction.ts';
import { apiRig, type Rig } from './api-client.ts';

const SECRET = 'U0VDUkVULVBBWUxPQUQ=';

let rig: Rig;
beforeAll(async () => {
  rig = await apiRig({ deadLetters: 3 });
});
afterAll(() => rig.close());

interface Board {
  readonly queues: readonly {
    readonly name: string;
    readonly description: string;
    readonly jobs: readonly { readonly id: string; readonly data: Record<string, unknown> }[];
  }[];
}

const failedLetters = '/queues/api/queues?activeQueue=dead-letters&status=failed&page=1&jobsPerPage=10';

describe('the board', () => {
  it('shows every queue and says what it is for', async () => {
    const { queues } = (await (await rig.ask('/queues/api/queues?page=1&jobsPerPage=10')).json()) as Board;
    expect(queues.map(({ name }) => name).toSorted()).toEqual([
      'dead-letters',
      'partitions',
      'sla-deadlines',
      'sync-crm',
    ]);
    expect(queues.every(({ description }) => description.length > 20)).toBe(true);
  });

  it('shows a dead letter without what is sealed in it', async () => {
    const text = await (await rig.ask(failedLetters)).text();
    expect(text).not.toContain(SECRET);
    const letters = (JSON.parse(text) as Board).queues.find(({ name }) => name === 'dead-letters')?.jobs ?? [];
    expect(letters).toHaveLength(3);
    expect(letters[0]?.data).toMatchObject({ stage: 'conversations', sealed: '[sealed]' });
    const one = await (await rig.ask('/queues/api/queues/dead-letters/p1-0-0')).text();
    expect(one).toContain('[sealed]');
    expect(one).not.toContain(SECRET);
  });

  it('loads nothing from elsewhere', async () => {
    const page = await (await rig.ask('/queues/queue/dead-letters')).text();
    expect(page).toContain('__UI_CONFIG__');
    expect(page).not.toMatch(/(href|src)="https?:/);
  });
});

describe('pressing', () => {
  const change = (method: string, path: string, body?: object) =>
    rig.ask(`/queues/api/queues/dead-letters/${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const letters = () => rig.deployment.queues.find(({ name }) => name === 'dead-letters')?.queue;

  it('retry puts a job back', async () => {
    expect((await change('PUT', 'p1-1-0/retry/failed')).status).toBeGreaterThanOrEqual(400);
    const response = await change('PUT', 'p1-1-0/retry');
    expect(response.ok).toBe(true);
    expect(await (await letters()?.getJob('p1-1-0'))?.getState()).toBe('waiting');
  });

  it.each([
    ['PATCH', 'p1-0-0/update-data', { jobData: { sealed: '[sealed]' } }],
    ['POST', 'add', { name: 'forged', data: {}, options: {} }],
    ['PUT', 'obliterate', undefined],
    ['PUT', 'empty', undefined],
    ['PUT', 'concurrency', { concurrency: 1 }],
  ])('%s %s is refused', async (method, path, body) => {
    const before = await letters()?.getJob('p1-0-0');
    const response = await change(method, path, body);
    expect(response.status).toBe(403);
    const after = await letters()?.getJob('p1-0-0');
    expect(after?.data).toEqual(before?.data);
    expect(after?.data).toMatchObject({ sealed: SECRET });
  });
});

describe('redaction', () => {
  it('hides what could be personal, at any depth, and bounds the rest', () => {
    const deep = { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } };
    const shown = redact({
      conversationId: 'c-1',
      nested: [{ sealed: 'x', payload: { email: 'a@b.example' } }],
      text: 'y'.repeat(2000),
      many: Array.from({ length: 500 }, (_, i) => i),
      deep,
    }) as Record<string, unknown>;
    expect(shown['nested']).toEqual([{ sealed: '[sealed]', payload: '[redacted]' }]);
    expect(String(shown['text'])).toHaveLength(501);
    expect(shown['many']).toHaveLength(50);
    expect(JSON.stringify(shown['deep'])).toContain('[deeper]');
    expect(shown['conversationId']).toBe('c-1');
  });
});
