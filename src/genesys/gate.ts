// What every call to the platform passes: breaker, cluster-wide budget, figures. Invariant: a call that may not go now
// is Throttled with the time to wait, and has cost the platform nothing.
import type { AxiosResponse } from 'axios';
import type { Metrics } from '../observability/metrics.ts';
import type { Breaker } from '../runtime/breaker.ts';
import type { Clock } from '../runtime/clock.ts';
import { Failure, Throttled } from '../runtime/errors.ts';
import type { Priority, RateLimit, Window } from '../stores/rate-limit/rate-limit.ts';
import { headerNumber } from './platform-failure.ts';

export interface CallClass {
  /** The first part of the path: the platform has limits of its own for it. */
  readonly family: string;
  readonly priority: Priority;
}

export interface Gate {
  pass<T>(call: CallClass, work: () => Promise<T>): Promise<T>;
  /** To be told of every answer, whatever its status. */
  answered(call: CallClass, response: AxiosResponse): void;
}

export interface GateOptions {
  readonly rate: RateLimit;
  readonly breaker: Breaker;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Redis is away: calls go unbudgeted, for a stream that does not come back costs more than a 429. */
  readonly onRedisError: (error: Error) => void;
}

const remote = 'genesys';

/** For one process alone that makes a handful of calls: nothing is counted, nothing held. */
export const openGate: Gate = { pass: (_, work) => work(), answered: () => undefined };

export function createGate(options: GateOptions): Gate {
  return new PlatformGate(options);
}

class PlatformGate implements Gate {
  readonly #options: GateOptions;
  #inFlight = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  async pass<T>(call: CallClass, work: () => Promise<T>): Promise<T> {
    const { breaker, metrics } = this.#options;
    try {
      return await breaker.run(async () => {
        await this.#take(call);
        return await this.#measured(call, work);
      });
    } catch (error) {
      if (error instanceof Throttled && error.code !== 'rate_limited')
        metrics.count('throughline_remote_held_back_total', { remote, reason: error.code });
      throw error;
    }
  }

  answered({ family }: CallClass, response: AxiosResponse): void {
    const window = windowOf(response);
    if (window) void this.#options.rate.learn(family, window).catch(this.#options.onRedisError);
  }

  async #take({ family, priority }: CallClass): Promise<void> {
    const { rate, metrics, onRedisError } = this.#options;
    const taken = await rate.take(family, priority).catch((error: Error) => {
      onRedisError(error);
      return undefined;
    });
    if (!taken) return;
    metrics.set('throughline_rate_limit_tokens', taken.tokens, { remote });
    metrics.set('throughline_rate_limit_wait_seconds', taken.waitMs / 1000, { remote, family });
    if (taken.waitMs > 0)
      throw new Throttled(
        'rate_budget',
        `the budget of calls to the platform (${family}) is used up for now`,
        taken.waitMs,
      );
  }

  async #measured<T>({ family }: CallClass, work: () => Promise<T>): Promise<T> {
    const { rate, metrics, clock, onRedisError } = this.#options;
    const begunAt = clock.now();
    metrics.set('throughline_remote_in_flight', (this.#inFlight += 1), { remote });
    let outcome = 'ok';
    try {
      return await work();
    } catch (error) {
      outcome = error instanceof Failure ? error.code : 'unexpected';
      if (error instanceof Throttled) await rate.hold(family, error.retryAfterMs).catch(onRedisError);
      throw error;
    } finally {
      metrics.set('throughline_remote_in_flight', (this.#inFlight -= 1), { remote });
      metrics.count('throughline_remote_requests_total', { remote, outcome });
      metrics.observe('throughline_remote_request_seconds', (clock.now() - begunAt) / 1000, { remote });
    }
  }
}

/** Worth a word to the others only once half of the window is used; the headers are optional. */
function windowOf(response: AxiosResponse): Window | undefined {
  const count = headerNumber(response, 'inin-ratelimit-count');
  const allowed = headerNumber(response, 'inin-ratelimit-allowed');
  const seconds = headerNumber(response, 'inin-ratelimit-reset');
  if (count === undefined || allowed === undefined || seconds === undefined || count * 2 < allowed) return undefined;
  return { left: Math.max(0, allowed - count), resetMs: Math.min(seconds, LONGEST_WINDOW_SECONDS) * 1000 };
}

/** The platform's window is a minute; what claims to be much longer is no window. */
const LONGEST_WINDOW_SECONDS = 120;
