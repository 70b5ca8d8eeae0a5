// What one append, or one chunk of the spool, takes of the frames that wait. Invariant: a batch is named when it is cut, and
// names of one cutter only grow.
import { newWriter, type BatchName, type KeyedEvent } from './append.ts';

/** Bounds one pipeline: 1,000 snapshots of 5 KB are 5 MB. */
const EVENTS_PER_BATCH = 1000;
/** The same for larger frames. */
const BYTES_PER_BATCH = 8 * 1024 * 1024;

export interface IngestBatch {
  readonly name: BatchName;
  readonly events: readonly KeyedEvent[];
  /** Where it is on disk; in memory only when there is none. */
  chunk?: string | undefined;
}

export type CutBatch = (waiting: KeyedEvent[]) => IngestBatch | undefined;

/** Takes from the front of what waits. */
export function batchCutter(): CutBatch {
  const writer = newWriter();
  let batches = 0;
  return (waiting) => {
    const count = howMany(waiting);
    if (count === 0) return undefined;
    batches += 1;
    return { name: { writer, number: batches }, events: waiting.splice(0, count) };
  };
}

function howMany(waiting: readonly KeyedEvent[]): number {
  let bytes = 0;
  let count = 0;
  for (const { raw } of waiting) {
    bytes += raw.length;
    if (count === EVENTS_PER_BATCH || (count > 0 && bytes > BYTES_PER_BATCH)) break;
    count += 1;
  }
  return count;
}
