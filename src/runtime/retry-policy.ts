// Retry, declared in one place: how often, how far apart. Stages name a policy; settle.ts and the queues read it.

export interface RetryPolicy {
  readonly attempts: number;
  readonly initialMs: number;
  readonly maxMs: number;
  /** Share of each wait that is left to chance: half unless said otherwise. */
  readonly jitter?: number;
}

/** Waits before attempt `attemptsMade + 1`: doubling from `initialMs` to `maxMs`, the upper part of each at random. */
export function backoffMs(policy: RetryPolicy, attemptsMade: number, random: () => number = Math.random): number {
  const { initialMs, maxMs, jitter = 0.5 } = policy;
  const full = Math.min(initialMs * 2 ** Math.min(attemptsMade - 1, 30), maxMs);
  return Math.round(full * (1 - jitter) + full * jitter * random());
}
