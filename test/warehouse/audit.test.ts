// The audit on a real server: a row an outcome, never changed, found again page by page.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditReader, parseCursor } from '../../src/stores/warehouse/audit/read.ts';
import { auditTable, AuditWriter } from '../../src/stores/warehouse/audit/write.ts';
import { monthOf } from '../../src/stores/warehouse/time-partitions.ts';
import type { Warehouse } from '../../src/stores/warehouse/warehouse.ts';
import { entry, freshDatabase, RETENTION_DAYS, type Database } from '../support/warehouse-rig.ts';

const DAY_MS = 86_400_000;
const now = Date.now();

let database: Database;
let warehouse: Warehouse;
let writer: AuditWriter;
let reader: AuditReader;
beforeAll(async () => {
  database = await freshDatabase();
  warehouse = await database.open();
  writer = new AuditWriter(warehouse, auditTable(RETENTION_DAYS));
  reader = new AuditReader(warehouse);
});
afterAll(() => database.drop());

const rowsOf = (traceId: string) =>
  database.rows<{ outcome: string }>('select outcome from throughline.enrichment_audit where trace_id = $1', [traceId]);

describe('writing', () => {
  it('leaves one row however often and however late it is told', async () => {
    const one = entry(1, { traceId: 'again' });
    const later = { ...one, timestamp: one.timestamp - 40 * DAY_MS };
    expect(await writer.write(one, now)).toBe('written');
    expect(await writer.write(one, now)).toBe('repeated');
    expect(await writer.write(later, now)).toBe('repeated');
    expect(await rowsOf('again')).toHaveLength(1);
  });

  it('leaves one row of twenty at the same moment', async () => {
    const one = entry(1, { traceId: 'together' });
    const told = await Promise.all(Array.from({ length: 20 }, () => writer.write(one, now)));
    expect(told.filter((outcome) => outcome === 'written')).toHaveLength(1);
    expect(await rowsOf('together')).toHaveLength(1);
  });

  it('leaves another for another outcome of the same trace', async () => {
    const failed = { outcome: 'failed', success: false, error: { code: 'http_500', message: 'the platform failed' } };
    await writer.write(entry(1, { traceId: 'two', ...failed }), now);
    await writer.write(entry(1, { traceId: 'two' }), now);
    expect((await rowsOf('two')).map(({ outcome }) => outcome).sort()).toEqual(['failed', 'injected']);
  });

  it('makes the month of a row that comes late, and leaves out what is past its time', async () => {
    const late = now - 300 * DAY_MS;
    expect(await writer.write(entry(1, { traceId: 'late', timestamp: late }), now)).toBe('written');
    const partition = `throughline.enrichment_audit_${monthOf(late).suffix}`;
    expect(await database.rows(`select trace_id from ${partition}`)).toEqual([{ trace_id: 'late' }]);
    const past = now - (RETENTION_DAYS + 1) * DAY_MS;
    expect(await writer.write(entry(1, { traceId: 'past', timestamp: past }), now)).toBe('expired');
  });

  it('refuses a row that cannot be, without repeating what was in it', async () => {
    const odd = entry(1, { traceId: 'odd', payloadHash: 'jane.roe@example.com' });
    const refusal = await writer.write(odd, now).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ kind: 'poison', code: 'warehouse_row' });
    expect(JSON.stringify(refusal) + String(refusal)).not.toContain('jane');
  });
});

describe('the table only grows', () => {
  const month = `throughline.enrichment_audit_${monthOf(now).suffix}`;
  it.each([
    'update throughline.enrichment_audit set success = false',
    'delete from throughline.enrichment_audit',
    'truncate throughline.enrichment_audit',
    `update ${month} set success = false`,
    `delete from ${month}`,
    `truncate ${month}`,
  ])('%s', async (sql) => {
    await writer.write(entry(1, { traceId: 'stays' }), now);
    const count = 'select count(*)::int as n from throughline.enrichment_audit';
    const before = await database.rows(count);
    await expect(database.pool.query(sql)).rejects.toThrow(/only grows/);
    expect(await database.rows(count)).toEqual(before);
  });

  it('where it is the trigger that refuses (control)', async () => {
    await database.pool.query('create table throughline.plain as select * from throughline.enrichment_audit limit 1');
    expect((await database.pool.query('delete from throughline.plain')).rowCount).toBe(1);
  });
});

describe('reading', () => {
  const mine = { outcome: 'read-test' };
  const at = Date.UTC(2026, 5, 15);
  beforeAll(async () => {
    // 30 rows, three at each millisecond
    for (let n = 0; n < 30; n += 1) {
      const timestamp = at + Math.floor(n / 3);
      await writer.write(entry(n, { ...mine, traceId: `r-${n}`, timestamp }), at);
    }
  });

  it('goes through all of them by pages, though rows come meanwhile', async () => {
    const seen: string[] = [];
    let after: ReturnType<typeof parseCursor>;
    for (let page = 0; page < 10; page += 1) {
      const { records, nextCursor } = await reader.page(mine, 'newest', 4, after);
      seen.push(...records.map(({ traceId }) => traceId));
      await writer.write(entry(1, { ...mine, traceId: `new-${page}`, timestamp: at + 1000 + page }), at);
      if (nextCursor === null) break;
      after = parseCursor(nextCursor);
    }
    expect(seen).toHaveLength(30);
    expect(new Set(seen).size).toBe(30);
  });

  it('filters by conversation, time and outcome', async () => {
    const ofOne = await reader.page({ ...mine, conversationId: 'c-3' }, 'oldest', 100);
    expect(ofOne.records.map(({ traceId }) => traceId)).toEqual(['r-3', 'r-13', 'r-23']);
    const between = await reader.page({ ...mine, since: at + 2, until: at + 4 }, 'oldest', 100);
    expect(between.records.map(({ traceId }) => traceId)).toEqual(['r-6', 'r-7', 'r-8', 'r-10', 'r-11', 'r-9']);
    expect((await reader.page({ outcome: 'never' }, 'newest', 10)).records).toEqual([]);
  });

  it('answers under the names of the contract', async () => {
    const { records } = await reader.page({ outcome: 'failed' }, 'newest', 1);
    expect(records[0]).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      conversationId: 'c-1',
      success: false,
      latencyMs: 12,
      payloadHash: 'a'.repeat(64),
      error: { code: 'http_500', message: 'the platform failed' },
      traceId: 'two',
      outcome: 'failed',
    });
  });

  it.each(['', 'x', Buffer.from('[1]').toString('base64url'), Buffer.from('{}').toString('base64url')])(
    'takes %j for no cursor',
    (cursor) => expect(parseCursor(cursor)).toBeUndefined(),
  );
});
