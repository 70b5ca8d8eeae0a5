// Percentiles of the last minute from histograms that only ever grow, kept by processes that come and go.
// Invariant: an observation counts once, in the window in which it was first seen, whatever process restarts.
import type { LatencyFigures } from './overview-schema.ts';
import type { Presence } from './processes.ts';

const WINDOW_MS = 60_000;
const HISTOGRAM = 'throughline_event_to_commit_seconds';

/** Cumulative counts by upper bound in seconds (Infinity last). */
type Buckets = ReadonlyMap<number, number>;

export interface LatencyWindow {
  add(at: number, processes: readonly Presence[]): LatencyFigures | null;
}

export function createLatencyWindow(): LatencyWindow {
  let known: ReadonlyMap<string, Buckets> | undefined;
  let gains: { readonly at: number; readonly buckets: Buckets }[] = [];
  return {
    add(at, processes) {
      const current = new Map(processes.map((record) => [record.id, bucketsOf(record)]));
      const before = known;
      known = new Map([...(before ?? []), ...current]);
      // what was there before this window began to look is history, not the last minute
      if (before !== undefined) gains.push({ at, buckets: gainOf(before, current) });
      gains = gains.filter((gain) => gain.at > at - WINDOW_MS);
      forgetGone(known as Map<string, Buckets>, current, processes.length);
      return figuresOf(merge(gains.map(({ buckets }) => buckets)));
    },
  };
}

/** Keeps the last word of processes that went silent for a moment, but not of all that ever were. */
function forgetGone(known: Map<string, Buckets>, current: ReadonlyMap<string, Buckets>, live: number): void {
  for (const id of known.keys()) {
    if (known.size <= live + 100) return;
    if (!current.has(id)) known.delete(id);
  }
}

function bucketsOf(record: Presence): Buckets {
  const histogram = record.metrics.find(({ name }) => name === HISTOGRAM);
  const buckets = new Map<number, number>();
  for (const { metricName, labels, value } of histogram?.values ?? []) {
    const bound = labels['le'];
    if (metricName !== `${HISTOGRAM}_bucket` || bound === undefined) continue;
    const seconds = bound === '+Inf' ? Infinity : Number(bound);
    buckets.set(seconds, (buckets.get(seconds) ?? 0) + value);
  }
  return buckets;
}

function gainOf(before: ReadonlyMap<string, Buckets>, current: ReadonlyMap<string, Buckets>): Buckets {
  const each = [...current].map(([id, now]) => {
    const then = before.get(id);
    const total = now.get(Infinity) ?? 0;
    // a process seen for the first time, or one whose counts fell, has counted all of it since the last look
    if (then === undefined || total < (then.get(Infinity) ?? 0)) return now;
    return new Map([...now].map(([bound, count]) => [bound, Math.max(0, count - (then.get(bound) ?? 0))]));
  });
  return merge(each);
}

function merge(all: readonly Buckets[]): Buckets {
  const sum = new Map<number, number>();
  for (const [bound, count] of all.flatMap((buckets) => [...buckets])) sum.set(bound, (sum.get(bound) ?? 0) + count);
  return sum;
}

function figuresOf(buckets: Buckets): LatencyFigures | null {
  const ascending = [...buckets].toSorted(([a], [b]) => a - b);
  if ((ascending.at(-1)?.[1] ?? 0) === 0) return null;
  const quantile = (q: number): number => Math.round(interpolate(ascending, q) * 1e6) / 1e3;
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}

/** Linear within the bucket, as Prometheus’ histogram_quantile; in the last, its lower bound. Seconds. */
function interpolate(ascending: readonly (readonly [number, number])[], q: number): number {
  const rank = q * (ascending.at(-1)?.[1] ?? 0);
  let [lower, below] = [0, 0];
  for (const [upper, upTo] of ascending) {
    if (upTo >= rank && upTo > below) {
      return upper === Infinity ? lower : lower + ((upper - lower) * (rank - below)) / (upTo - below);
    }
    [lower, below] = [upper, upTo];
  }
  return lower;
}
