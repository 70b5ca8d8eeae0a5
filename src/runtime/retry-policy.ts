// Retry, declared in one place: how often, how far apart. Stages name a policy; settle.ts and the queues read it.

export interface RetryPolicy {
  readonly attempts: number;
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Waits before attempt `attemptsMade + 1`: doubling from `initialMs` to `maxMs`, the upper half of each at random. */
export function backoffMs(policy: RetryPolicy, attemptsMade: number, random: () => number = Math.random): number {
  const full = Math.min(policy.initialMs * 2 ** Math.min(attemptsMade - 1, 30), policy.maxMs);
  return Math.round(full / 2 + (full / 2) * random());
}
