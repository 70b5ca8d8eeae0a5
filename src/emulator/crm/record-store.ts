// The records the CRM holds, newest version each, and the count of what came. Invariant: a version never goes back;
// bounded: the record touched longest ago is forgotten first.
import { z } from 'zod';

/** What every record must have; the rest is the sender's business. */
export const recordSchema = z.looseObject({
  recordId: z.string().min(1).max(200),
  version: z.number().int().min(0),
});

export type CrmRecord = z.output<typeof recordSchema>;

/** `stale`: an older version than known. `repeated`: the version known already, under another key. */
export type Applied = 'applied' | 'stale' | 'repeated';

export interface StoredRecord {
  readonly record: CrmRecord;
  /** Times a new version was taken. */
  readonly updates: number;
}

export interface RecordStore {
  apply(record: CrmRecord): Applied;
  find(recordId: string): StoredRecord | undefined;
  all(): readonly StoredRecord[];
  /** Different record ids ever seen (a forgotten one that returns counts again). */
  distinct(): number;
}

export function createRecordStore(maxRecords: number): RecordStore {
  const stored = new Map<string, StoredRecord>();
  let forgotten = 0;

  const keep = (record: CrmRecord, updates: number): void => {
    stored.delete(record.recordId);
    stored.set(record.recordId, { record, updates });
    const [oldest] = stored.keys();
    if (stored.size <= maxRecords || oldest === undefined) return;
    stored.delete(oldest);
    forgotten += 1;
  };

  return {
    apply: (record) => {
      const known = stored.get(record.recordId);
      if (known !== undefined && record.version < known.record.version) return 'stale';
      if (known !== undefined && record.version === known.record.version) return 'repeated';
      keep(record, (known?.updates ?? 0) + 1);
      return 'applied';
    },
    find: (recordId) => stored.get(recordId),
    all: () => [...stored.values()],
    distinct: () => stored.size + forgotten,
  };
}
