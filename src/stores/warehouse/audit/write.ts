// Writes the audit of enrichment. Invariant: one row for a trace and an outcome, however often it is told, in whichever month.
import type { QueryResult } from 'pg';
import { Failure } from '../../../runtime/errors.ts';
import { NO_MONTH } from '../failure.ts';
import type { TimeTable } from '../time-partitions.ts';
import type { Warehouse } from '../warehouse.ts';

export interface AuditEntry {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly conversationId: string;
  readonly traceId: string;
  readonly success: boolean;
  readonly outcome: string;
  readonly latencyMs: number;
  readonly payloadHash: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export type Written = 'written' | 'repeated' | 'expired';

export const auditTable = (retentionDays: number): TimeTable => ({
  name: 'enrichment_audit',
  retentionDays,
  onlyGrows: true,
});

/** The primary key alone would let a repeat with another time in; two at one moment it stops. */
const INSERT = `
  insert into throughline.enrichment_audit
    (at, conversation_id, trace_id, outcome, success, latency_ms, payload_hash, error_code, error_message)
  select $1::timestamptz, $2, $3, $4, $5, $6, $7, $8, $9
  where not exists (select from throughline.enrichment_audit where trace_id = $3 and outcome = $4)
  on conflict do nothing`;

const DAY_MS = 86_400_000;

export class AuditWriter {
  readonly #warehouse: Warehouse;
  readonly #table: TimeTable;

  constructor(warehouse: Warehouse, table: TimeTable) {
    this.#warehouse = warehouse;
    this.#table = table;
  }

  async write(entry: AuditEntry, now: number): Promise<Written> {
    const { retentionDays } = this.#table;
    // its month may be gone already: made again for it, it would be dropped within the hour
    if (retentionDays > 0 && entry.timestamp <= now - retentionDays * DAY_MS) return 'expired';
    const { rowCount } = await this.#insert(entry);
    return rowCount === 1 ? 'written' : 'repeated';
  }

  async #insert(entry: AuditEntry): Promise<QueryResult> {
    const values = [
      new Date(entry.timestamp),
      entry.conversationId,
      entry.traceId,
      entry.outcome,
      entry.success,
      Math.round(entry.latencyMs),
      entry.payloadHash,
      entry.error?.code ?? null,
      entry.error?.message ?? null,
    ];
    try {
      return await this.#warehouse.query(INSERT, values);
    } catch (error) {
      if (!(error instanceof Failure && error.code === NO_MONTH)) throw error;
      await this.#warehouse.ensureMonth(this.#table, entry.timestamp);
      return this.#warehouse.query(INSERT, values);
    }
  }
}
