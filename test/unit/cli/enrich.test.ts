// Enrichment of a list: read whole or refused by line, so many at a time, each asked for once over runs that are cut
// short, and summed up honestly.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/cli/api-call.ts';
import { apiHost } from '../../../src/cli/enrich/api-host.ts';
import { enrichAll, NO_ANSWER, summaryOf, type BulkHost, type Settled } from '../../../src/cli/enrich/bulk-run.ts';
import { readConversationList } from '../../../src/cli/enrich/conversation-list.ts';
import { openRunFile } from '../../../src/cli/enrich/run-file.ts';
import { bulkTraceId } from '../../../src/runtime/trace-id.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('the list', () => {
  it('is ids or NDJSON, each once, in order', () => {
    const text = 'c-1\n\n {"conversationId":"c-2","more":1}\r\n{"conversation_id":"c-3"}\nc-1\n{"id":"c-4"}\n';
    expect(readConversationList(text)).toEqual({ ok: true, ids: ['c-1', 'c-2', 'c-3', 'c-4'] });
  });

  it.each([
    ['c-1\nnot an id\n{"conversationId":7}\n{broken', 'line 2, 3, 4:'],
    ['x y\n'.repeat(9), 'line 1, 2, 3, 4, 5 and 4 more:'],
    ['\n\n', 'names no conversation'],
  ])('%j is refused with the lines', (text, said) => {
    expect(readConversationList(text)).toEqual({ ok: false, problem: expect.stringContaining(said) });
  });
});

const ids = Array.from({ length: 25 }, (_, n) => `c-${n}`);
const fine: Settled = { success: true, outcome: 'injected', latencyMs: 40 };

function world(answer: (id: string) => Settled | undefined = () => fine) {
  const clock = createFakeClock();
  const asked: string[] = [];
  let most = 0;
  const host: BulkHost = {
    ask: (some) => Promise.resolve(void asked.push(...some)),
    settled: (waiting) => {
      most = Math.max(most, waiting.size);
      const found = [...waiting].flatMap((id) => {
        const came = answer(id);
        return came === undefined ? [] : [[id, came] as const];
      });
      return Promise.resolve(new Map(found));
    },
  };
  const stop = new AbortController();
  const run = (done: Map<string, Settled>, concurrency = 10, onProgress = (): void => undefined) =>
    enrichAll({ ids, done, concurrency, patienceMs: 1000, host, clock, stopping: stop.signal, onProgress });
  return { clock, asked, most: () => most, stop, run };
}

describe('a run', () => {
  it('has no more under way than it may, and asks for each once', async () => {
    const { run, asked, most } = world();
    const done = new Map<string, Settled>();
    await run(done, 4);
    expect(asked).toEqual(ids);
    expect(most()).toBe(4);
    expect(done.size).toBe(25);
  });

  it('that is cut short goes on where it was', async () => {
    const first = world();
    const done = new Map<string, Settled>();
    await first.run(done, 10, () => first.stop.abort());
    expect(done.size).toBe(10);
    const second = world();
    await second.run(done);
    expect(second.asked).toEqual(ids.slice(10));
    expect(done.size).toBe(25);
  });

  it('does not wait for ever for what nobody tells', async () => {
    const { run, clock } = world((id) => (id === 'c-3' ? undefined : fine));
    const done = new Map<string, Settled>();
    let isOver = false;
    const running = run(done).finally(() => (isOver = true));
    await eventually('its end', () => (clock.waits().length > 0 ? clock.advance(250) : undefined, isOver), (over) => over); // prettier-ignore
    await running;
    expect(done.get('c-3')).toMatchObject({ success: false, outcome: NO_ANSWER });
    expect(done.size).toBe(25);
  });
});

describe('the API as host', () => {
  it('asks under the run, and finds its own in the audit, page by page', async () => {
    const requests: ApiRequest[] = [];
    const record = (traceId: string) => ({ traceId, ...fine, error: null });
    const pages = [
      { records: [record('of somebody else'), record(bulkTraceId('run-1', 'c-2'))], nextCursor: 'next' },
      { records: [record(bulkTraceId('run-1', 'c-1'))], nextCursor: 'more' },
    ];
    const host = apiHost((request, schema) => {
      requests.push(request);
      return Promise.resolve(schema.parse(request.method === 'POST' ? { accepted: [] } : pages.shift()));
    }, 'run-1');
    await host.ask(['c-1', 'c-2']);
    expect(await host.settled(new Set(['c-1', 'c-2']), Date.parse('2026-03-02T09:01:00Z'))).toEqual(
      new Map([['c-2', fine], ['c-1', fine]]), // prettier-ignore
    );
    const since = '2026-03-02T09:00:00.000Z';
    expect(requests.map(({ path, query, body }) => [path, query ?? body])).toEqual([
      ['/api/v1/enrichments', { run: 'run-1', conversationIds: ['c-1', 'c-2'] }],
      ['/api/v1/audit', { since, limit: 1000, cursor: undefined }],
      ['/api/v1/audit', { since, limit: 1000, cursor: 'next' }],
    ]);
  });
});

describe('the summary', () => {
  it('counts by outcome, and times what succeeded', () => {
    const done = new Map(ids.map((id, n) => [id, { ...fine, latencyMs: n + 1 }] as const));
    done.set('c-0', { success: false, outcome: 'not_found', latencyMs: 9999 });
    expect(summaryOf([...ids, 'c-never'], done)).toEqual({
      conversations: 26,
      done: 25,
      succeeded: 24,
      successRate: 0.96,
      latencyMs: { p50: 13, p95: 24, p99: 25 },
      outcomes: { injected: 24, not_found: 1 },
    });
    expect(summaryOf(ids, new Map())).toMatchObject({ successRate: 0, latencyMs: null });
  });
});

describe('the run file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'enrich-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('belongs to its list, keeps the name of the run, and goes with its end', () => {
    const file = openRunFile(folder, ids, 1000);
    expect(file.resumedFrom).toBeUndefined();
    file.done.set('c-1', fine);
    file.save();
    const again = openRunFile(folder, ids, 2000);
    expect([again.run, again.resumedFrom, [...again.done]]).toEqual([file.run, 1000, [['c-1', fine]]]);
    expect(openRunFile(folder, ['other'], 2000).run).not.toBe(file.run);
    again.remove();
    expect(readdirSync(join(folder, 'enrich'))).toEqual([]);
    expect(openRunFile(folder, ids, 3000).run).not.toBe(file.run);
  });
});
