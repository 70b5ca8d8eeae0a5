// A batch of records as its mapping sees it: what is sent, and what is settled without being sent. Invariant: pure; each
// record has one place in it, and a record that cannot be mapped never holds back another.
import type { RecordVerdict } from '../../../runtime/stage.ts';
import { requireFitKey } from '../protocol/dynamics.ts';
import type { Item } from '../protocol/protocol.ts';
import type { Mapping } from './schema.ts';
import { filled } from './template.ts';
import { Unmappable } from './transforms.ts';

export interface BatchedRecord {
  readonly recordId: string;
  readonly kind?: string;
}

export type Mapped = { readonly item: Item } | { readonly verdict: RecordVerdict };

export function mapped(mapping: Mapping, record: BatchedRecord): Mapped {
  const { recordId, kind = '' } = record;
  if (mapping.records === undefined) return { item: { recordId, fields: record } };
  const template = Object.hasOwn(mapping.records, kind) ? mapping.records[kind] : undefined;
  // a kind that the file leaves out is meant to stay here
  if (template === undefined) return { verdict: { kind: 'done' } };
  try {
    if (mapping.kind === 'dynamics') requireFitKey(mapping, recordId);
    return { item: { recordId, fields: filled(template, record) } };
  } catch (error) {
    if (!(error instanceof Unmappable)) throw error;
    const message = `the mapping cannot be applied: ${error.message}`;
    return { verdict: { kind: 'reject', code: 'crm_unmappable', message } };
  }
}
