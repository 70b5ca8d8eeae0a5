// Time as a dependency: whoever waits takes a Clock, so that a test moves hours in a millisecond.
// Invariant: code that takes a Clock never calls Date.now or the global timers itself.

/** Numbers are what a test's clock hands out; callers only pass the handle back. */
export type TimerHandle = NodeJS.Timeout | number;

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  setTimeout(run: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle | undefined): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (handle) => clearTimeout(handle),
};

/** Resolves after `ms`, at once for none, or when the signal aborts: the caller looks at the signal to know which. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.setTimeout(finish, ms);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
