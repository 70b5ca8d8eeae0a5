// Months that come and go: made ahead, dropped when wholly past, by one replica at a time.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditTable } from '../../src/stores/warehouse/audit/write.ts';
import { ensureMonth, keepMonths } from '../../src/stores/warehouse/time-partitions.ts';
import { migrate, ownMigrations } from '../../src/stores/warehouse/migrate.ts';
import { LOCKS } from '../../src/stores/warehouse/transaction.ts';
import { freshDatabase, type Database } from '../support/warehouse-rig.ts';

let database: Database;
beforeEach(async () => {
  database = await freshDatabase();
  await migrate(database.pool, ownMigrations());
});
afterEach(() => database.drop());

const at = (text: string): number => Date.parse(text);
const months = async (): Promise<string[]> =>
  (
    await database.rows<{ month: string }>(
      `select right(c.relname, 7) as month from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'throughline.enrichment_audit'::regclass order by 1`,
    )
  ).map(({ month }) => month);
const filled = async (...days: readonly string[]): Promise<void> => {
  for (const day of days) {
    await ensureMonth(database.pool, auditTable(90), at(day));
    await database.pool.query(
      `insert into throughline.enrichment_audit (at, conversation_id, trace_id, outcome, success, latency_ms)
       values ($1, 'c', $2, 'injected', true, 1)`,
      [day, `trace of ${day}`],
    );
  }
};

describe('months', () => {
  it('are made ahead, over the turn of a year', async () => {
    expect(await keepMonths(database.pool, [auditTable(90)], at('2026-11-20T00:00:00Z'))).toEqual([]);
    expect(await months()).toEqual(['2026_11', '2026_12', '2027_01']);
  });

  it('go when their last day is past its time, and not an hour before', async () => {
    await filled('2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z', '2026-03-10T00:00:00Z');
    // January ends 90 days before 2 May, 00:00
    const before = await keepMonths(database.pool, [auditTable(90)], at('2026-05-01T23:59:59.999Z'));
    expect(before).toEqual([]);
    const after = await keepMonths(database.pool, [auditTable(90)], at('2026-05-02T00:00:00Z'));
    expect(after).toEqual(['enrichment_audit_2026_01']);
    expect(await months()).toEqual(['2026_02', '2026_03', '2026_05', '2026_06', '2026_07']);
    expect(await database.rows('select trace_id from throughline.enrichment_audit')).toHaveLength(2);
  });

  it('stay for ever where retention is off (control)', async () => {
    await filled('2020-02-01T00:00:00Z');
    expect(await keepMonths(database.pool, [auditTable(0)], at('2026-05-02T00:00:00Z'))).toEqual([]);
    expect(await months()).toContain('2020_02');
  });

  it('are left alone when another replica is at it', async () => {
    const other = await database.pool.connect();
    await other.query('begin');
    await other.query('select pg_advisory_xact_lock($1, $2)', LOCKS.partitions);
    expect(await keepMonths(database.pool, [auditTable(90)], at('2026-05-02T00:00:00Z'))).toBeUndefined();
    await other.query('rollback');
    other.release();
    expect(await keepMonths(database.pool, [auditTable(90)], at('2026-05-02T00:00:00Z'))).toEqual([]);
  });

  it('of ten that make the same one at once are one', async () => {
    const day = at('2026-02-01T00:00:00Z');
    await Promise.all(Array.from({ length: 10 }, () => ensureMonth(database.pool, auditTable(90), day)));
    expect(await months()).toEqual(['2026_02']);
  });
});
