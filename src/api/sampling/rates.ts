// Rates from counters that only grow. Invariant: never negative: a counter that fell (Redis was emptied) starts anew.
import type { Rates, Totals } from './overview-schema.ts';

/** Long enough that a batch of 50 records does not look like a burst, short enough to feel live. */
const WINDOW_MS = 5000;

interface Sample {
  readonly at: number;
  readonly events: number;
  readonly moves: number;
  readonly crmRecords: number;
}

export interface RateWindow {
  add(at: number, totals: Totals): Rates;
}

export function createRateWindow(): RateWindow {
  let samples: Sample[] = [];
  return {
    add(at, { eventsApplied, moves, crmRecords }) {
      const now: Sample = { at, events: eventsApplied, moves, crmRecords };
      const last = samples.at(-1);
      if (last !== undefined && hasFallen(last, now)) samples = [];
      samples.push(now);
      // one sample older than the window stays, or the window would be empty after a pause
      while (samples.length > 2 && (samples[1]?.at ?? at) <= at - WINDOW_MS) samples.shift();
      return ratesBetween(samples[0] ?? now, now);
    },
  };
}

const hasFallen = (last: Sample, now: Sample): boolean =>
  now.events < last.events || now.moves < last.moves || now.crmRecords < last.crmRecords;

function ratesBetween(from: Sample, to: Sample): Rates {
  const seconds = (to.at - from.at) / 1000;
  const rate = (gain: number): number => (seconds <= 0 ? 0 : Math.round((gain / seconds) * 100) / 100);
  return {
    eventsPerSecond: rate(to.events - from.events),
    movesPerSecond: rate(to.moves - from.moves),
    crmRecordsPerSecond: rate(to.crmRecords - from.crmRecords),
  };
}
