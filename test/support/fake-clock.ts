// A clock that stands still until a test moves it. Invariant: timers run in the order of their due times (ties in the
// order they were set), each seeing `now()` equal to its own due time.
import type { Clock } from '../../src/runtime/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time forward and runs every timer that falls due on the way, those set meanwhile included. */
  advance(ms: number): void;
  /** Milliseconds until each armed timer, soonest first: wait on this to know that the code has begun to wait. */
  waits(): readonly number[];
}

interface Timer {
  readonly handle: number;
  readonly due: number;
  readonly run: () => void;
}

/** 2026-03-02T09:00:00Z: a fixed start makes dates in failures readable. */
const START = Date.UTC(2026, 2, 2, 9);

export function createFakeClock(start: number = START): FakeClock {
  let now = start;
  let lastHandle = 0;
  let timers: Timer[] = [];

  const remove = (handle: unknown): void => {
    timers = timers.filter((timer) => timer.handle !== handle);
  };
  const soonestFirst = (): Timer[] => timers.toSorted((a, b) => a.due - b.due || a.handle - b.handle);

  return {
    now: () => now,
    setTimeout(run, ms) {
      lastHandle += 1;
      timers.push({ handle: lastHandle, due: now + Math.max(0, ms), run });
      return lastHandle;
    },
    clearTimeout: remove,
    advance(ms) {
      const end = now + ms;
      for (let [next] = soonestFirst(); next && next.due <= end; [next] = soonestFirst()) {
        remove(next.handle);
        now = next.due;
        next.run();
      }
      now = end;
    },
    waits: () => soonestFirst().map((timer) => timer.due - now),
  };
}
