// What the CRM does with a batch. Invariant: a batch is applied once per idempotency key, and its answer is the same
// however often it is asked for; a refused batch changes nothing and is not remembered, so that it can be sent again.
import { createHash } from 'node:crypto';
import type { Fault } from './faults.ts';
import { recordSchema, type RecordStore } from './record-store.ts';

export interface RecordResult {
  readonly recordId: string | undefined;
  readonly status: 200 | 412 | 422 | 500;
  readonly code?: string;
  readonly message?: string;
}

export interface BatchAnswer {
  readonly status: number;
  readonly body: { readonly results: readonly RecordResult[] } | { readonly code: string; readonly message: string };
  readonly replayed: boolean;
}

export interface BatchTotals {
  /** Batches taken, whole or in part. */
  readonly batches: number;
  /** Records taken: new, stale or repeated. */
  readonly records: number;
  readonly failedRecords: number;
  readonly duplicatesByKey: number;
  readonly keyReuses: number;
  readonly outOfOrder: number;
  readonly repeated: number;
}

interface Remembered {
  readonly bodyHash: string;
  readonly answer: BatchAnswer;
}

export class Batches {
  readonly #store: RecordStore;
  readonly #maxKeys: number;
  readonly #byKey = new Map<string, Remembered>();
  readonly #totals = {
    batches: 0,
    records: 0,
    failedRecords: 0,
    duplicatesByKey: 0,
    keyReuses: 0,
    outOfOrder: 0,
    repeated: 0,
  };

  constructor(store: RecordStore, maxKeys: number) {
    this.#store = store;
    this.#maxKeys = maxKeys;
  }

  totals(): BatchTotals {
    return { ...this.#totals };
  }

  take(key: string, records: readonly unknown[], fault: Fault | undefined): BatchAnswer {
    const bodyHash = createHash('sha256').update(JSON.stringify(records)).digest('hex');
    const known = this.#byKey.get(key);
    if (known !== undefined) return this.#replay(known, bodyHash);
    const fails = failing(fault, records);
    const results = records.map((record) => this.#apply(record, fails, fault?.recordStatus ?? 500));
    this.#totals.batches += 1;
    const status = results.every((result) => result.status === 200) ? 200 : 207;
    const answer: BatchAnswer = { status, body: { results }, replayed: false };
    this.#remember(key, { bodyHash, answer });
    return answer;
  }

  #replay({ bodyHash, answer }: Remembered, givenHash: string): BatchAnswer {
    if (bodyHash !== givenHash) {
      this.#totals.keyReuses += 1;
      return refusal(422, 'idempotency_key_reused', 'This Idempotency-Key was used with another body');
    }
    this.#totals.duplicatesByKey += 1;
    return { ...answer, replayed: true };
  }

  #remember(key: string, remembered: Remembered): void {
    this.#byKey.set(key, remembered);
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > this.#maxKeys && oldest !== undefined) this.#byKey.delete(oldest);
  }

  #fail(result: RecordResult): RecordResult {
    this.#totals.failedRecords += 1;
    return result;
  }

  #apply(value: unknown, fails: ReadonlySet<string>, failStatus: Fault['recordStatus']): RecordResult {
    const parsed = recordSchema.safeParse(value);
    if (!parsed.success) return this.#fail(invalid(parsed.error.issues[0]?.path.join('.') ?? ''));
    const { recordId } = parsed.data;
    if (fails.has(recordId)) return this.#fail(failure(recordId, failStatus));
    const outcome = this.#store.apply(parsed.data);
    this.#totals.records += 1;
    if (outcome === 'stale') this.#totals.outOfOrder += 1;
    if (outcome === 'repeated') this.#totals.repeated += 1;
    return outcome === 'applied'
      ? { recordId, status: 200 }
      : { recordId, status: 200, message: `ignored: ${outcome}` };
  }
}

export const refusal = (status: number, code: string, message: string): BatchAnswer => ({
  status,
  body: { code, message },
  replayed: false,
});

/** The record ids of a batch, as far as it has any. */
export const recordIdsOf = (records: readonly unknown[]): readonly string[] =>
  records.map((record) => recordSchema.safeParse(record).data?.recordId).filter((id) => id !== undefined);

/** A 207 that names no records lets the first one fail. */
function failing(fault: Fault | undefined, records: readonly unknown[]): ReadonlySet<string> {
  if (fault?.status !== 207) return new Set();
  return new Set(fault.failRecordIds ?? recordIdsOf(records).slice(0, 1));
}

const invalid = (field: string): RecordResult => ({
  recordId: undefined,
  status: 422,
  code: 'invalid_record',
  message: `Invalid field: ${field}`,
});

const failure = (recordId: string, status: Fault['recordStatus']): RecordResult =>
  status === 422
    ? { recordId, status, code: 'invalid_field', message: 'A field was refused' }
    : { recordId, status, code: 'temporarily_unavailable', message: 'The record is locked, try again' };
