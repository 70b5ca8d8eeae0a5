// A stream of real-shaped events, and what is to be done with them.
// Invariant: the same seed and count give the same events, byte for byte.
import type { KeyedEvent } from '../../src/partitions/append.ts';
import type { PartitionHandler } from '../../src/runtime/partition-handler.ts';

export interface Workload {
  readonly name: string;
  readonly handler: PartitionHandler<unknown, unknown>;
  readonly identify: (payload: string) => { readonly recordId: string; readonly version: number };
  /** `conversations` is how many are live at a time, where the workload lets one choose. */
  generate(count: number, options: { readonly seed: number; readonly conversations?: number }): KeyedEvent[];
}
