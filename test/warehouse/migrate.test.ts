// Migrations on a real server: once, whole, and never over something this build does not know.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, ownMigrations, type Migration } from '../../src/stores/warehouse/migrate.ts';
import { Warehouse } from '../../src/stores/warehouse/warehouse.ts';
import { eventually } from '../support/eventually.ts';
import { freshDatabase, optionsFor, type Database } from '../support/warehouse-rig.ts';

let database: Database;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

const made = (number: number, sql: string): Migration => ({
  number,
  name: `made_${number}`,
  sql,
  checksum: `sum of ${sql}`,
});
const slow = (number: number): Migration =>
  made(number, `select pg_sleep(0.05); create table throughline.made_${number} ()`);
const applied = () => database.rows<{ number: number }>('select number from throughline.migrations order by number');

describe('migrations', () => {
  it('are applied once by replicas that start together', async () => {
    const ours = [slow(1), slow(2), slow(3)];
    const replicas = Array.from({ length: 10 }, () => migrate(database.pool, ours));
    expect(await Promise.all(replicas)).toEqual(Array.from({ length: 10 }, () => 3));
    expect(await applied()).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
  });

  it('of this build are applied, and again change nothing', async () => {
    const ours = ownMigrations();
    expect(ours.map(({ number }) => number)).toEqual(ours.map((_, index) => index + 1));
    await migrate(database.pool, ours);
    await migrate(database.pool, ours);
    expect(await applied()).toHaveLength(ours.length);
  });

  it('leave nothing behind when one fails', async () => {
    const ours = [slow(1), made(2, 'select no_such_thing')];
    await expect(migrate(database.pool, ours)).rejects.toThrow('no_such_thing');
    expect(await database.rows("select to_regnamespace('throughline') as there")).toEqual([{ there: null }]);
    // the one after finds it as it was
    expect(await migrate(database.pool, [slow(1)])).toBe(1);
  });

  it('refuse a schema that is newer than the build', async () => {
    await migrate(database.pool, [slow(1), slow(2)]);
    await expect(migrate(database.pool, [slow(1)])).rejects.toMatchObject({ kind: 'fatal', code: 'warehouse_newer' });
    expect(await applied()).toHaveLength(2);
  });

  it('refuse one that is not what was applied', async () => {
    await migrate(database.pool, [slow(1)]);
    const other = [made(1, 'select 1'), slow(2)];
    await expect(migrate(database.pool, other)).rejects.toMatchObject({ kind: 'fatal', code: 'warehouse_changed' });
    expect(await applied()).toHaveLength(1);
  });
});

describe('a process that meets a newer schema', () => {
  it('writes nothing, says so, and makes its work wait', async () => {
    const newer = [...ownMigrations(), made(9999, 'create table throughline.of_tomorrow ()')];
    await migrate(database.pool, newer);
    const warehouse = new Warehouse(optionsFor(database.url));
    await eventually(
      'it has looked',
      () => warehouse.state(),
      () => true,
    );
    await warehouse.keep();
    expect(warehouse.state().ready).toBe(false);
    const refusal = await warehouse.query('select 1', []).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ kind: 'throttled', code: 'warehouse_not_ready' });
    expect(String(refusal)).toMatch(/schema is at 9999/);
    await warehouse.close();
  });
});
