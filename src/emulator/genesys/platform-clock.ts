// The platform's clock, which may go wrong on demand. Invariant: only what the platform says is skewed (times in frames
// and answers, the Date header); how long tokens and channels live is measured by the true clock.
export interface PlatformClock {
  /** What the platform believes. */
  now(): number;
  skewMs(): number;
  /** Sets the skew; by how much the platform's time jumps. */
  skew(ms: number): number;
}

export function createPlatformClock(trueClock: () => number, skewMs = 0): PlatformClock {
  let skew = skewMs;
  return {
    now: () => trueClock() + skew,
    skewMs: () => skew,
    skew: (ms) => {
      const jump = ms - skew;
      skew = ms;
      return jump;
    },
  };
}
