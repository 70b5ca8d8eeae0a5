// The audit over HTTP and on the command line: pages, long exports in bounded memory, and what a spreadsheet must not run.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cell, exported } from '../../src/stores/warehouse/audit/export.ts';
import { auditTable, AuditWriter } from '../../src/stores/warehouse/audit/write.ts';
import type { Warehouse } from '../../src/stores/warehouse/warehouse.ts';
import { PASSWORD } from '../browser/support/sample-api.ts';
import { apiRig, type Rig } from '../redis/api-client.ts';
import { commandLine } from '../support/dead-letter-rig.ts';
import { eventually } from '../support/eventually.ts';
import { entry, freshDatabase, RETENTION_DAYS, type Database } from '../support/warehouse-rig.ts';

const MANY = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'tl-audit-'));

let database: Database;
let warehouse: Warehouse;
let rig: Rig;
let questions = 0;
beforeAll(async () => {
  database = await freshDatabase();
  warehouse = await database.open();
  const writer = new AuditWriter(warehouse, auditTable(RETENTION_DAYS));
  const error = { code: '=1+1', message: 'said "no", twice' };
  await writer.write(entry(1, { traceId: 'bad', outcome: 'refused', success: false, error }), Date.now());
  await writer.write(entry(2, { traceId: 'good', conversationId: 'c-ü' }), Date.now());
  await database.pool.query(
    `insert into throughline.enrichment_audit (at, conversation_id, trace_id, outcome, success, latency_ms, payload_hash)
     select now() - make_interval(secs => n * 0.001), 'c-' || n, 'many-' || n, 'many', true, 5, repeat('b', 64)
     from generate_series(1, $1::int) n`,
    [MANY],
  );
  const counting: Pick<Warehouse, 'query' | 'state'> = {
    state: () => warehouse.state(),
    query: (text, values) => {
      questions += 1;
      return warehouse.query(text, values);
    },
  };
  rig = await apiRig({}, { warehouse: counting });
});
afterAll(async () => {
  await rig.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const json = async (path: string) => (await rig.ask(path)).json() as Promise<Record<string, unknown>>;

describe('GET /api/v1/audit', () => {
  it('answers by pages that fit together', async () => {
    const first = (await json('/api/v1/audit?outcome=many&limit=2')) as { records: { traceId: string }[]; nextCursor: string }; // prettier-ignore
    const second = (await json(`/api/v1/audit?outcome=many&limit=2&cursor=${first.nextCursor}`)) as typeof first;
    const traces = [...first.records, ...second.records].map(({ traceId }) => traceId);
    expect(traces).toEqual(['many-1', 'many-2', 'many-3', 'many-4']);
    expect(await json('/api/v1/audit?outcome=refused')).toMatchObject({
      records: [{ traceId: 'bad' }],
      nextCursor: null,
    });
  });

  it.each([
    ['cursor=nonsense', 'cursor'],
    ['since=yesterday', 'since'],
    ['limit=0', 'limit'],
    ['since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z', 'since'],
    ['outcome=DROP%20TABLE', 'outcome'],
  ])('names what is wrong with ?%s', async (query, name) => {
    const answer = await rig.ask(`/api/v1/audit?${query}`);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { detail: string }).detail).toContain(name);
  });

  it('is behind the sign-in, and told as part of /readyz', async () => {
    expect((await rig.askAnyone('/api/v1/audit')).status).toBe(401);
    expect((await rig.askAnyone('/api/v1/audit/export')).status).toBe(401);
    expect(await json('/readyz')).toEqual({ status: 'ready', warehouse: 'ready' });
  });

  it('says 503 and the setting where there is no store', async () => {
    const without = await apiRig();
    const answer = await without.ask('/api/v1/audit');
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('DATABASE_URL')]);
    expect(await (await without.askAnyone('/readyz')).json()).toEqual({ status: 'ready', warehouse: 'off' });
    await without.close();
  });
});

describe('an export', () => {
  it('of many rows asks for no more than its reader takes', async () => {
    questions = 0;
    const answer = await rig.ask('/api/v1/audit/export?outcome=many');
    const reader = answer.body?.getReader();
    await reader?.read();
    let [seen, looks] = [0, 0];
    await eventually(
      'the export stands still',
      () => {
        looks = questions === seen ? looks + 1 : 0;
        seen = questions;
        return looks;
      },
      (same) => same > 50,
    );
    expect(questions).toBeLessThan(MANY / 1000 / 2);
    await reader?.cancel();
  });

  it('has every row once, oldest first', async () => {
    const text = await (await rig.ask('/api/v1/audit/export?outcome=many&format=ndjson')).text();
    const traces = text.trimEnd().split('\n').map((line) => (JSON.parse(line) as { traceId: string }).traceId); // prettier-ignore
    expect(traces).toHaveLength(MANY);
    expect(new Set(traces).size).toBe(MANY);
    expect(traces[0]).toBe(`many-${MANY}`);
  });

  it('is CSV that no spreadsheet works out', async () => {
    const answer = await rig.ask('/api/v1/audit/export?outcome=refused&format=csv');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, row] = (await answer.text()).split('\r\n');
    expect(head).toBe('timestamp,conversationId,traceId,outcome,success,latencyMs,payloadHash,errorCode,errorMessage');
    expect(row).toMatch(/,c-1,bad,refused,false,12,a{64},"'=1\+1","said ""no"", twice"$/);
  });

  it('that cannot go on is broken off, so that a part is not taken for the whole', async () => {
    async function* failing() {
      yield [];
      await Promise.reject(new Error('away'));
    }
    const lines = exported(failing(), 'csv');
    expect((await lines.next()).value).toContain('timestamp');
    await lines.next();
    await expect(lines.next()).rejects.toThrow('away');
  });

  it.each(['=1', '+1', '-1', '@a', '\t=1', ' =1', '\r=1', '|x', '%x'])('begins no cell with %j', (text) => {
    expect(cell(text).replace(/^"/, '')).toMatch(/^'/);
  });

  it.each(['c-1', '2026-01-01T00:00:00Z', '12'])('leaves %j as it is', (text) => expect(cell(text)).toBe(text));
});

describe('throughline audit', () => {
  const cli = (...args: readonly string[]) => commandLine(rig.api, PASSWORD)('audit', ...args);

  it('is a table, and says when there is more', async () => {
    const { exitCode, out } = await cli('--outcome', 'many', '--limit', '2');
    expect(exitCode).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^ {2}time +conversation +outcome +latency +error +payload +trace$/);
    expect(out).toContain('More match');
    expect((await cli('--conversation', 'nobody')).out).toBe('No audit record matches.\n');
  });

  it('prints NDJSON, and writes a file that is whole or not there', async () => {
    const { out } = await cli('--conversation', 'c-ü', '--format', 'ndjson');
    expect(JSON.parse(out)).toMatchObject({ conversationId: 'c-ü', traceId: 'good' });
    const path = join(folder, 'audit.csv');
    expect(await cli('--format', 'csv', '--out', path, '--outcome', 'many')).toEqual({
      exitCode: 0,
      out: '',
      error: '',
    });
    expect(readFileSync(path, 'utf8').trimEnd().split('\r\n')).toHaveLength(MANY + 1);
    const nowhere = join(folder, 'no', 'such.csv');
    const failed = await cli('--format', 'csv', '--out', nowhere);
    expect([failed.exitCode, failed.error]).toEqual([1, `${nowhere} cannot be written (ENOENT).\n`]);
    expect(existsSync(`${nowhere}.part`)).toBe(false);
  });

  it('names what is wrong with an option', async () => {
    expect(await cli('--since', 'soon')).toMatchObject({ exitCode: 2 });
    expect((await cli('--outcome', 'NO')).error).toContain('outcome');
  });
});
