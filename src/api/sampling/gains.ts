// What counts that only ever grow, kept by processes that come and go, gained within a window. Invariants: a count counts
// once, in the window in which it was first seen, whatever process restarts; a look costs the same however long the window.
import type { Presence } from './processes.ts';

/** Counts by name of a series: a bucket's bound, an outcome. */
export type Counts<K> = ReadonlyMap<K, number>;

export interface GainWindow<K> {
  /** What was gained up to now: 0 stands where a series is known and gained nothing. */
  add(at: number, processes: readonly Presence[]): Counts<K>;
}

export function createGainWindow<K>(windowMs: number, read: (record: Presence) => Counts<K>): GainWindow<K> {
  let known: Map<string, Counts<K>> | undefined;
  const gains: { readonly at: number; readonly counts: Counts<K> }[] = [];
  const sum = new Map<K, number>();
  const addUp = (counts: Counts<K>, sign: 1 | -1): void => {
    for (const [key, count] of counts) sum.set(key, (sum.get(key) ?? 0) + sign * count);
  };
  return {
    add(at, processes) {
      const current = new Map(processes.map((record) => [record.id, read(record)]));
      // what was there before this window began to look is history
      if (known !== undefined) {
        const counts = gainOf(known, current);
        addUp(counts, 1);
        if ([...counts.values()].some((count) => count > 0)) gains.push({ at, counts });
      }
      known = new Map([...(known ?? []), ...current]);
      forgetGone(known, current);
      while (gains[0] !== undefined && gains[0].at <= at - windowMs) addUp(gains.shift()?.counts ?? new Map(), -1);
      return sum;
    },
  };
}

/** Of one metric: its values by a label. */
export function countsOf(record: Presence, metric: string, label: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { labels, value } of record.metrics.find(({ name }) => name === metric)?.values ?? []) {
    const key = String(labels[label] ?? '');
    counts.set(key, (counts.get(key) ?? 0) + value);
  }
  return counts;
}

/** Keeps the last word of processes that went silent for a moment, but not of all that ever were. */
function forgetGone(known: Map<string, unknown>, current: ReadonlyMap<string, unknown>): void {
  for (const id of known.keys()) {
    if (known.size <= current.size + 100) return;
    if (!current.has(id)) known.delete(id);
  }
}

function gainOf<K>(before: ReadonlyMap<string, Counts<K>>, current: ReadonlyMap<string, Counts<K>>): Counts<K> {
  const gained = new Map<K, number>();
  for (const [id, now] of current) {
    const then = before.get(id);
    // one seen for the first time, or whose counts fell, has counted all of it since the last look
    const isNew = then === undefined || [...then].some(([key, count]) => (now.get(key) ?? 0) < count);
    for (const [key, count] of now) {
      gained.set(key, (gained.get(key) ?? 0) + count - (isNew ? 0 : (then.get(key) ?? 0)));
    }
  }
  return gained;
}
