// What a stage on the partition log gives: pure functions from an event and a state to a new state and outputs.
// Invariant: synchronous and free of I/O; a slow await here would hold the whole partition.
import type { LoggedEvent } from './log-entry.ts';
import type { Output } from './protocol.ts';

export interface SetAside {
  readonly code: string;
  /** Says what is wrong without quoting the payload. */
  readonly message: string;
  readonly topic?: string;
}

export type Decoded<E> =
  | { readonly kind: 'apply'; readonly key: string; readonly event: E }
  | { readonly kind: 'set-aside'; readonly why: SetAside };

export interface Applied<S> {
  readonly state: S;
  /** False: nothing is written, whatever else is said here. */
  readonly changed: boolean;
  readonly ttlMs: number;
  readonly liveSince: number | undefined;
  readonly outputs: readonly Output[];
  /** Added to counters kept with the partition, exactly once, e.g. `n:moves`. */
  readonly counters: readonly (readonly [field: string, by: number])[];
}

export interface PartitionHandler<E, S> {
  readonly name: string;
  /** Throws Poison for what can never be read. */
  decode(event: LoggedEvent): Decoded<E>;
  parseState(json: string): S;
  apply(state: S | undefined, event: E): Applied<S>;
}
