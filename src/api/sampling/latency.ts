// Percentiles of a window, from histograms of processes that come and go. Invariant: as Prometheus' histogram_quantile
// would give them of the same buckets.
import { createGainWindow, type Counts } from './gains.ts';
import type { LatencyFigures } from './overview-schema.ts';
import type { Presence } from './processes.ts';

export interface LatencyWindow {
  /** Null where nothing was observed within the window. */
  add(at: number, processes: readonly Presence[]): LatencyFigures | null;
}

export function createLatencyWindow(histogram: string, windowMs: number): LatencyWindow {
  const window = createGainWindow(windowMs, (record) => bucketsOf(record, histogram));
  return { add: (at, processes) => figuresOf(window.add(at, processes)) };
}

/** Cumulative counts by upper bound in seconds (Infinity last). */
function bucketsOf(record: Presence, name: string): Counts<number> {
  const buckets = new Map<number, number>();
  const histogram = record.metrics.find((metric) => metric.name === name);
  for (const { metricName, labels, value } of histogram?.values ?? []) {
    const bound = labels['le'];
    if (metricName !== `${name}_bucket` || bound === undefined) continue;
    const seconds = bound === '+Inf' ? Infinity : Number(bound);
    buckets.set(seconds, (buckets.get(seconds) ?? 0) + value);
  }
  return buckets;
}

function figuresOf(buckets: Counts<number>): LatencyFigures | null {
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
