// Tables cut by month (UTC): the next months are made ahead, months wholly past their retention go as a whole.
// Invariants: one replica at a time; a month that still holds a kept day stays; nothing waits long for a table in use.
import type { Pool, PoolClient } from 'pg';
import { LOCKS, transaction } from './transaction.ts';

export interface TimeTable {
  /** In the schema `throughline`, partitioned by range of a timestamptz. */
  readonly name: string;
  /** 0: for ever. */
  readonly retentionDays: number;
  /** Its months refuse TRUNCATE too: a trigger of the table does not guard them. */
  readonly onlyGrows: boolean;
}

const DAY_MS = 86_400_000;
/** A worker that stays away for two months finds them made all the same. */
const MONTHS_AHEAD = 2;
/** Behind a reader that holds the table every writer would queue up: better the next hour. */
const LOCK_TIMEOUT = "set local lock_timeout = '2s'";

interface Month {
  readonly suffix: string;
  readonly from: number;
  readonly to: number;
}

export function monthOf(at: number, ahead = 0): Month {
  const date = new Date(at);
  const from = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1);
  const to = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead + 1, 1);
  return { suffix: new Date(from).toISOString().slice(0, 7).replace('-', '_'), from, to };
}

/** The month of one row, for a time that nobody made a partition for. */
export const ensureMonth = (pool: Pool, table: TimeTable, at: number): Promise<void> =>
  transaction(pool, async (client) => {
    await client.query(LOCK_TIMEOUT);
    await client.query('select pg_advisory_xact_lock($1, $2)', LOCKS.partitions);
    await createMonth(client, table, monthOf(at));
  });

/** Names what was dropped; undefined when another replica is at it. */
export const keepMonths = (pool: Pool, tables: readonly TimeTable[], now: number): Promise<string[] | undefined> =>
  transaction(pool, async (client) => {
    await client.query(LOCK_TIMEOUT);
    const { rows } = await client.query<{ ours: boolean }>(
      'select pg_try_advisory_xact_lock($1, $2) as ours',
      LOCKS.partitions,
    );
    if (rows[0]?.ours !== true) return undefined;
    const dropped: string[] = [];
    for (const table of tables) {
      for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead += 1) await createMonth(client, table, monthOf(now, ahead));
      dropped.push(...(await dropPast(client, table, now)));
    }
    return dropped;
  });

async function createMonth(client: PoolClient, { name, onlyGrows }: TimeTable, month: Month): Promise<void> {
  const partition = `throughline.${name}_${month.suffix}`;
  const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [partition]);
  if (rows[0]?.there === true) return;
  const [from, to] = [month.from, month.to].map((at) => new Date(at).toISOString());
  await client.query(
    `create table ${partition} partition of throughline.${name} for values from ('${from}') to ('${to}')`,
  );
  if (!onlyGrows) return;
  await client.query(
    `create trigger only_grows_whole before truncate on ${partition} for each statement execute function throughline.refuse_change()`,
  );
}

async function dropPast(client: PoolClient, { name, retentionDays }: TimeTable, now: number): Promise<string[]> {
  if (retentionDays === 0) return [];
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = to_regclass($1) order by c.relname`,
    [`throughline.${name}`],
  );
  const past = rows
    .map((row) => row.name)
    .filter((partition) => endOf(partition, name) <= now - retentionDays * DAY_MS);
  for (const partition of past) await client.query(`drop table throughline.${partition}`);
  return past;
}

/** From its name, which is ours; a partition that somebody else made never ends. */
function endOf(partition: string, table: string): number {
  const [, year, month] = new RegExp(`^${table}_(\\d{4})_(\\d{2})$`).exec(partition) ?? [];
  return year === undefined ? Number.POSITIVE_INFINITY : Date.UTC(Number(year), Number(month), 1);
}
