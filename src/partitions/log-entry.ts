// Entries of a partition's log. Invariant: one stream entry holds a frame of 1 to 64 events, in the order received;
// an event's id is `<entry id>-<index>`, the same for every owner that ever reads it.
import type { IncomingEvent, LoggedEvent } from '../runtime/partition-handler.ts';

/** A busy ingester pays for one entry, not for one an event. */
export const EVENTS_PER_ENTRY = 64;

export interface LogEntry {
  readonly id: string;
  readonly events: readonly LoggedEvent[];
}

/** Arguments of one XADD: per event its receive time as field and its text as value (fields may repeat). */
export function entryFields(events: readonly IncomingEvent[]): string[] {
  return events.flatMap(({ raw, receivedAt }) => [String(receivedAt), raw]);
}

/** From XRANGE's reply. */
export function parseEntry([id, fields]: readonly [string, readonly string[]]): LogEntry {
  const events: LoggedEvent[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    events.push({ id: `${id}-${i / 2}`, receivedAt: Number(fields[i]), raw: fields[i + 1] ?? '' });
  }
  return { id, events };
}
