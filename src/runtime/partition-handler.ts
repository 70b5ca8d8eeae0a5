// What a stage on the partition log gives, and what flows between it, the log and the outbox.
// Invariant: decode and apply are synchronous and free of I/O; a slow await here would hold the whole partition.

export interface IncomingEvent {
  readonly raw: string;
  /** Epoch ms at the ingester. */
  readonly receivedAt: number;
}

export interface LoggedEvent extends IncomingEvent {
  /** `<entry id>-<index>`: the same for every owner that ever reads it. */
  readonly id: string;
}

export interface Output {
  /** Name of its receiver in the topology. */
  readonly sink: string;
  readonly receivedAt: number;
  /** Leaves as JSON; what a later output of the commit replaces is never written out. */
  readonly payload: unknown;
  /** Of the outputs of one commit to one sink under one such key only the last leaves: it says all the others said. */
  readonly replaces?: string | undefined;
}

export interface RelayedOutput {
  /** Increases with every output of the partition. */
  readonly number: number;
  readonly receivedAt: number;
  /** JSON. */
  readonly payload: string;
}

/** The receiving side of an output: remembers the last number it took from each partition. */
export interface Receiver {
  accept(partition: number, outputs: readonly RelayedOutput[]): Promise<void>;
}

export interface SetAsideEvent {
  readonly event: LoggedEvent;
  readonly why: SetAside;
  readonly conversationId: string | undefined;
}

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
