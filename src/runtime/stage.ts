// How a stage is declared: one inert object a file. Importing it opens nothing; the runtime gives it validation,
// metrics, retry and settling, so that a stage cannot forget them.
import type { Poison } from './errors.ts';
import type { PartitionHandler } from './partition-handler.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** What a handler decides about one message. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'defer'; readonly reason: string; readonly delayMs: number };

/** What a batch handler decides about one of its records. */
export type RecordVerdict =
  | { readonly kind: 'done' }
  /** Rests by the stage's `retry`, then back to the front of the buffer; dead letter after a few rounds. */
  | { readonly kind: 'retry'; readonly code: string; readonly message: string }
  /** Dead letter now. */
  | { readonly kind: 'reject'; readonly code: string; readonly message: string };

export const done = (): Outcome => ({ kind: 'done' });
export const skip = (reason: string): Outcome => ({ kind: 'skip', reason });
export const defer = (reason: string, delayMs: number): Outcome => ({ kind: 'defer', reason, delayMs });

export interface StageContext {
  /** Aborts when the stage's timeout has passed or the process stops. */
  readonly signal: AbortSignal;
  /** Attempts before this one. */
  readonly attemptsMade: number;
  /** An earlier run may have got as far as its last step: it failed, or its process died. One told to wait has not. */
  readonly begunBefore: boolean;
}

interface Declared {
  readonly name: string;
  /** One sentence; becomes documentation. */
  readonly does: string;
  /** What it reads: a queue's name, or `partition log`. */
  readonly from: string;
  /** Named outputs and where they go. */
  readonly to: Readonly<Record<string, string>>;
}

/** Runs inside the partition's commit: pure, in order, exactly once. */
export interface PartitionStage<E, S> extends Declared {
  readonly kind: 'partition';
  readonly handler: PartitionHandler<E, S>;
}

interface Queued extends Declared {
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** How long a job outlives its process before another takes it up, at most half as long again; 10 s unless given. */
  readonly lockMs?: number;
}

/** One message at a time, at least once: idempotent by key. */
export interface MessageStage<M, N> extends Queued {
  readonly kind: 'message';
  handle(message: M, context: StageContext, needs: N): Promise<Outcome>;
  /** Told, at least once, of a message that is given up because process after process died over it. */
  abandon?(message: M, why: Poison, needs: N): Promise<void>;
}

/** Batches cut from a shared buffer: one verdict a record, or a failure for the whole batch. */
export interface BatchStage<R, N> extends Queued {
  readonly kind: 'batch';
  readonly batch: { readonly maxItems: number; readonly maxBytes: number; readonly intervalMs: number };
  readonly parse: (json: string) => R;
  readonly identify: (payload: string) => { readonly recordId: string; readonly version: number };
  handleBatch(records: readonly R[], context: StageContext & { readonly batchId: string }, needs: N): Promise<readonly RecordVerdict[]>; // prettier-ignore
}
