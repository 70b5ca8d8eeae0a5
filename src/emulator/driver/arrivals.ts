// When customers call: independently of each other, so at exponential gaps. Invariant: a change of rate voids what the
// old rate had planned; the clock's speed never changes the rate.
import type { Random } from '../random.ts';
import type { Timeline } from './timeline.ts';

export interface Arrivals {
  setRate(perMinute: number): void;
  rate(): number;
}

export function createArrivals(timeline: Timeline, random: Random, arrive: () => void): Arrivals {
  let current = { perMinute: 0 };
  const plan = (rate: { readonly perMinute: number }): void => {
    const gapMs = (-Math.log(1 - random.next()) * 60_000) / rate.perMinute;
    timeline.after(gapMs, () => {
      if (rate !== current) return;
      arrive();
      plan(rate);
    });
  };
  return {
    rate: () => current.perMinute,
    setRate: (perMinute) => {
      current = { perMinute };
      if (perMinute > 0) plan(current);
    },
  };
}
