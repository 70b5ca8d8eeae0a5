// The way to a remote: so many calls at a time, and none for a while once it has failed several times in a row.
// Invariant: a call that is not let through has not been sent; it is Throttled, with the time until the next trial.
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  ConsecutiveBreaker,
  bulkhead,
  circuitBreaker,
  handleAll,
  wrap,
} from 'cockatiel';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Failure, Throttled } from './errors.ts';

export interface Breaker {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface BreakerOptions {
  /** A metric label: `genesys`, `crm`. */
  readonly remote: string;
  /** Calls under way at a time, in this process. */
  readonly mostInFlight: number;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** In a row: a remote that is down, not one that stumbles. */
const FAILURES = 5;
/** Until one call is let through to see whether the remote is back; the others wait for what it finds. */
const TRIAL_AFTER_MS = 10_000;
/** Calls that wait for their turn; more of them would only grow old there. */
const QUEUED_PER_SLOT = 20;
const BUSY_MS = 1000;

type Settled<T> = { readonly value: T } | { readonly refusal: unknown };

export function createBreaker({ remote, mostInFlight, metrics, log }: BreakerOptions): Breaker {
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: TRIAL_AFTER_MS,
    breaker: new ConsecutiveBreaker(FAILURES),
  });
  const policy = wrap(bulkhead(mostInFlight, mostInFlight * QUEUED_PER_SLOT), breaker);
  let openedAt = 0;
  const show = (open: boolean): void => metrics.set('throughline_remote_breaker_open', open ? 1 : 0, { remote });
  show(false);
  breaker.onBreak(() => {
    openedAt = Date.now();
    show(true);
    log.error(
      { remote, trialAfterMs: TRIAL_AFTER_MS, code: 'circuit_open' },
      'a remote fails again and again: calls to it wait',
    );
  });
  breaker.onReset(() => {
    show(false);
    log.info({ remote }, 'the remote answers again');
  });

  return {
    async run(work) {
      try {
        const settled = await policy.execute(() => judged(work));
        if ('value' in settled) return settled.value;
        throw settled.refusal;
      } catch (error) {
        throw heldBack(error, remote, openedAt);
      }
    },
  };
}

/** An answer we do not like is an answer: only a remote that fails (retryable) speaks against itself. */
async function judged<T>(work: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof Failure && error.kind === 'retryable') throw error;
    return { refusal: error };
  }
}

function heldBack(error: unknown, remote: string, openedAt: number): unknown {
  if (error instanceof BrokenCircuitError) {
    const waitMs = Math.max(1, openedAt + TRIAL_AFTER_MS - Date.now());
    return new Throttled(
      'circuit_open',
      `${remote} has failed ${FAILURES} times in a row; it is left alone for now`,
      waitMs,
    );
  }
  if (error instanceof BulkheadRejectedError) {
    return new Throttled('too_many_in_flight', `too many calls wait for ${remote} already`, BUSY_MS);
  }
  return error;
}
