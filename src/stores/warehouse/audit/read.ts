// Reads the audit of enrichment by pages. Invariant: a page begins where the one before ended, by key, so that rows that
// come meanwhile neither repeat nor hide one; each page is a short question of its own, whatever the length of the whole.
import type { QueryResultRow } from 'pg';
import { z } from 'zod';
import type { Warehouse } from '../warehouse.ts';
import type { AuditRecord } from './audit-record.ts';

export interface AuditFilter {
  readonly conversationId?: string | undefined;
  readonly outcome?: string | undefined;
  /** Epoch milliseconds, included. */
  readonly since?: number | undefined;
  /** Epoch milliseconds, not included. */
  readonly until?: number | undefined;
}

export type Order = 'newest' | 'oldest';

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

interface Row extends QueryResultRow {
  readonly at: Date;
  readonly conversation_id: string;
  readonly trace_id: string;
  readonly outcome: string;
  readonly success: boolean;
  readonly latency_ms: number;
  readonly payload_hash: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
}

const keySchema = z.tuple([z.number().int().min(-8.64e15).max(8.64e15), z.string().max(128), z.string().max(40)]);
type Key = z.output<typeof keySchema>;

const EXPORT_PAGE = 1000;

export class AuditReader {
  readonly #warehouse: Pick<Warehouse, 'query'>;

  constructor(warehouse: Pick<Warehouse, 'query'>) {
    this.#warehouse = warehouse;
  }

  async page(filter: AuditFilter, order: Order, limit: number, after?: Key): Promise<AuditPage> {
    const { text, values } = question(filter, order, limit + 1, after);
    const { rows } = await this.#warehouse.query<Row>(text, values);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const nextCursor = rows.length > limit && last !== undefined ? cursorOf(last) : null;
    return { records: shown.map(recordOf), nextCursor };
  }

  /** All that the filter lets through, oldest first, a page at a time. */
  async *all(filter: AuditFilter, pageSize: number = EXPORT_PAGE): AsyncGenerator<readonly AuditRecord[]> {
    let after: Key | undefined;
    do {
      const { records, nextCursor } = await this.page(filter, 'oldest', pageSize, after);
      if (records.length > 0) yield records;
      after = nextCursor === null ? undefined : parseCursor(nextCursor);
    } while (after !== undefined);
  }
}

const cursorOf = ({ at, trace_id: traceId, outcome }: Row): string =>
  Buffer.from(JSON.stringify([at.getTime(), traceId, outcome] satisfies Key)).toString('base64url');

/** Undefined for what is not a cursor of ours. */
export function parseCursor(cursor: string): Key | undefined {
  try {
    return keySchema.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

function question({ conversationId, outcome, since, until }: AuditFilter, order: Order, limit: number, after?: Key) {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const add = (condition: (...places: string[]) => string, ...given: readonly unknown[]): void => {
    const places = given.map((value) => `$${values.push(value)}`);
    conditions.push(condition(...places));
  };
  if (conversationId !== undefined) add((place) => `conversation_id = ${place}`, conversationId);
  if (outcome !== undefined) add((place) => `outcome = ${place}`, outcome);
  if (since !== undefined) add((place) => `at >= ${place}`, new Date(since));
  if (until !== undefined) add((place) => `at < ${place}`, new Date(until));
  const [direction, beyond] = order === 'newest' ? ['desc', '<'] : ['asc', '>'];
  if (after !== undefined) {
    const [at, ...rest] = after;
    // the first condition alone lets whole months be left out
    add((place) => `at ${beyond}= ${place}`, new Date(at));
    add((...places) => `(at, trace_id, outcome) ${beyond} (${places.join(', ')})`, new Date(at), ...rest);
  }
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const text = `select at, conversation_id, trace_id, outcome, success, latency_ms, payload_hash, error_code, error_message
    from throughline.enrichment_audit ${where}
    order by at ${direction}, trace_id ${direction}, outcome ${direction} limit $${values.push(limit)}`;
  return { text, values };
}

const recordOf = (row: Row): AuditRecord => ({
  timestamp: row.at.toISOString(),
  conversationId: row.conversation_id,
  success: row.success,
  latencyMs: row.latency_ms,
  payloadHash: row.payload_hash,
  error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
  traceId: row.trace_id,
  outcome: row.outcome,
});
