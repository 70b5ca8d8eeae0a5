// Brings the schema to what this build knows. Invariants: all missing migrations in one transaction, under a lock that
// every replica takes, so they are applied once or not at all; what was applied is never changed; a newer schema is left alone.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Pool, PoolClient } from 'pg';
import { Fatal } from '../../runtime/errors.ts';
import { LOCKS, transaction } from './transaction.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly sql: string;
}

/** Row triggers on partitioned tables came with it. */
const OLDEST_POSTGRES = 13;
const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** Reads the files that were built with us. */
export function ownMigrations(folder: URL = new URL('./migrations/', import.meta.url)): Migration[] {
  return readdirSync(folder)
    .toSorted((one, other) => (one < other ? -1 : 1))
    .flatMap((file) => {
      const [, number, name = ''] = FILE.exec(file) ?? [];
      if (number === undefined) return [];
      const sql = readFileSync(new URL(file, folder), 'utf8').replaceAll('\r\n', '\n');
      return [{ number: Number(number), name, sql, checksum: createHash('sha256').update(sql).digest('hex') }];
    });
}

/** The number of the newest migration; throws Fatal when this build must not touch the database. */
export async function migrate(pool: Pool, migrations: readonly Migration[]): Promise<number> {
  await refuseOldPostgres(pool);
  return transaction(pool, async (client) => {
    // a change of a large table takes the time it takes
    await client.query('set local statement_timeout = 0');
    await client.query('select pg_advisory_xact_lock($1, $2)', LOCKS.migrate);
    await ensureLedger(client);
    const { rows: applied } = await client.query<{ number: number; checksum: string }>(
      'select number, checksum from throughline.migrations order by number',
    );
    const known = new Map(applied.map(({ number, checksum }) => [number, checksum]));
    refuseStrange(known, migrations);
    for (const migration of migrations) if (!known.has(migration.number)) await apply(client, migration);
    return migrations.at(-1)?.number ?? 0;
  });
}

async function refuseOldPostgres(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ server_version_num: string; server_version: string }>(
    "select current_setting('server_version_num') as server_version_num, current_setting('server_version') as server_version",
  );
  const [row] = rows;
  if (Number(row?.server_version_num) >= OLDEST_POSTGRES * 10_000) return;
  throw new Fatal(
    'warehouse_version',
    `PostgreSQL ${row?.server_version ?? 'unknown'} is too old: Throughline needs ${OLDEST_POSTGRES} or newer.`,
  );
}

/** Looked for first: "if not exists" asks for the right to create even where there is nothing to create. */
async function ensureLedger(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(
    "select to_regclass('throughline.migrations') is not null as there",
  );
  if (rows[0]?.there === true) return;
  const schema = await client.query<{ there: boolean }>("select to_regnamespace('throughline') is not null as there");
  if (schema.rows[0]?.there !== true) await client.query('create schema throughline');
  await client.query(
    `create table throughline.migrations (
      number integer primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default now()
    )`,
  );
}

function refuseStrange(known: ReadonlyMap<number, string>, migrations: readonly Migration[]): void {
  const newest = Math.max(0, ...known.keys());
  const ours = migrations.at(-1)?.number ?? 0;
  if (newest > ours) {
    throw new Fatal(
      'warehouse_newer',
      `the SQL store's schema is at ${newest}, this build knows it up to ${ours}: run the newer build, or one of that age.`,
    );
  }
  const changed = migrations.find(({ number, checksum }) => known.has(number) && known.get(number) !== checksum);
  if (changed === undefined) return;
  throw new Fatal(
    'warehouse_changed',
    `migration ${changed.number} (${changed.name}) is not what was applied to the SQL store: this is another line of builds.`,
  );
}

async function apply(client: PoolClient, { number, name, checksum, sql }: Migration): Promise<void> {
  await client.query(sql);
  await client.query('insert into throughline.migrations (number, name, checksum) values ($1, $2, $3)', [
    number,
    name,
    checksum,
  ]);
}
