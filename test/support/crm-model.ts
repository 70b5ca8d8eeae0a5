// A CRM that can be asked afterwards what it was sent: applies each key once, remembers its answer, and holds against
// the sender whatever the contract forbids. Invariant: it answers as it is told to, and what it applied it never forgets.
import { Poison, Retryable, Throttled } from '../../src/runtime/errors.ts';
import type { RecordVerdict } from '../../src/runtime/stage.ts';
import type { Versioned } from './batch-world.ts';

export type PlannedAnswer =
  | { readonly kind: 'accept' }
  /** One bit a record: a failed one is hopeless, or passes. */
  | { readonly kind: 'partly'; readonly failing: number; readonly hopeless: number }
  | { readonly kind: 'applied-and-silent' }
  | { readonly kind: 'down' }
  | { readonly kind: 'throttled' };

export interface ModelLimits {
  readonly maxItems: number;
  readonly maxBytes: number;
}

export class CrmModel {
  readonly violations: string[] = [];
  readonly applied = new Map<string, number>();
  readonly #answers = new Map<string, { readonly body: string; readonly verdicts: readonly RecordVerdict[] }>();
  readonly #limits: ModelLimits;
  /** A batch that holds one of these is refused whole. */
  readonly #cursed: ReadonlySet<string>;

  constructor(limits: ModelLimits, cursed: readonly string[]) {
    this.#limits = limits;
    this.#cursed = new Set(cursed);
  }

  take(records: readonly Versioned[], key: string, planned: PlannedAnswer): readonly RecordVerdict[] {
    const body = JSON.stringify(records);
    this.#checkSize(records, body);
    if (planned.kind === 'down') throw new Retryable('unreachable', 'nobody answers');
    if (planned.kind === 'throttled') throw new Throttled('crm_throttled', 'the CRM answered 429 to a batch', 1000);
    if (records.some(({ recordId }) => this.#cursed.has(recordId)))
      throw new Poison('crm_refused', 'refused as a whole');
    const known = this.#answers.get(key);
    if (known !== undefined && known.body !== body) this.violations.push(`another body under the key ${key}`);
    const verdicts = known?.verdicts ?? records.map((record, index) => this.#apply(record, index, planned));
    this.#answers.set(key, { body, verdicts });
    if (planned.kind === 'applied-and-silent') throw new Retryable('timeout', 'applied, but the answer was lost');
    return verdicts;
  }

  #checkSize(records: readonly Versioned[], body: string): void {
    const ids = new Set(records.map(({ recordId }) => recordId));
    if (ids.size < records.length) this.violations.push('a record twice in one batch');
    if (records.length === 0 || records.length > this.#limits.maxItems)
      this.violations.push(`${records.length} records`);
    if (records.length > 1 && body.length > this.#limits.maxBytes + records.length + 1) this.violations.push(`${body.length} bytes`); // prettier-ignore
  }

  #apply({ recordId, version }: Versioned, index: number, planned: PlannedAnswer): RecordVerdict {
    const bit = 1 << (index % 16);
    if (planned.kind === 'partly' && (planned.failing & bit) !== 0) {
      const kind = (planned.hopeless & bit) !== 0 ? 'reject' : 'retry';
      return { kind, code: 'told_so', message: 'as the test says' };
    }
    const last = this.applied.get(recordId) ?? 0;
    if (version < last) this.violations.push(`${recordId} went back from ${last} to ${version}`);
    if (version === last) this.violations.push(`${recordId}@${version} was applied twice`);
    this.applied.set(recordId, Math.max(version, last));
    return { kind: 'done' };
  }
}
