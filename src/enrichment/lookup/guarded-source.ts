// The way to the CRM's customers: measured as every remote is, within a budget that all replicas share, and left alone
// once it fails again and again or asks for a pause. Invariant: a request that is held back has not been sent, and holds
// up nothing but look-ups that only the CRM could answer.
import type { Metrics } from '../../observability/metrics.ts';
import type { Breaker } from '../../runtime/breaker.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Failure, Throttled } from '../../runtime/errors.ts';
import type { Priority, RateLimit } from '../../stores/rate-limit/rate-limit.ts';
import type { CustomerSource } from './customer.ts';

export interface LookupGuards {
  readonly breaker: Breaker;
  readonly rate: RateLimit;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Redis is away: requests go unbudgeted. */
  readonly onRedisError: (error: Error) => void;
}

export const LOOKUP_REMOTE = 'crm-lookup';
const remote = LOOKUP_REMOTE;
/** The budget has one family: what a pause of an hour holds back is these look-ups alone. */
const FAMILY = 'customers';

export function guardedSource(source: CustomerSource, guards: LookupGuards): CustomerSource {
  const { breaker, rate, metrics, clock, onRedisError } = guards;
  let inFlight = 0;
  const measured: CustomerSource['ask'] = async (...asked) => {
    const begunAt = clock.now();
    metrics.set('throughline_remote_in_flight', (inFlight += 1), { remote });
    let outcome = 'ok';
    try {
      return await source.ask(...asked);
    } catch (error) {
      outcome = error instanceof Failure ? error.code : 'unexpected';
      if (error instanceof Throttled) await rate.hold(FAMILY, error.retryAfterMs).catch(onRedisError);
      throw error;
    } finally {
      metrics.set('throughline_remote_in_flight', (inFlight -= 1), { remote });
      metrics.count('throughline_remote_requests_total', { remote, outcome });
      metrics.observe('throughline_remote_request_seconds', (clock.now() - begunAt) / 1000, { remote });
    }
  };
  return {
    ask: async (identifier, priority, signal) => {
      try {
        return await breaker.run(async () => {
          await takeFrom(guards, priority);
          return measured(identifier, priority, signal);
        });
      } catch (error) {
        if (error instanceof Throttled && error.code !== 'crm_throttled')
          metrics.count('throughline_remote_held_back_total', { remote, reason: error.code });
        throw error;
      }
    },
  };
}

async function takeFrom({ rate, metrics, onRedisError }: LookupGuards, priority: Priority): Promise<void> {
  const taken = await rate.take(FAMILY, priority).catch((error: Error) => {
    onRedisError(error);
    return undefined;
  });
  if (taken === undefined) return;
  metrics.set('throughline_rate_limit_tokens', taken.tokens, { remote });
  metrics.set('throughline_rate_limit_wait_seconds', taken.waitMs / 1000, { remote, family: FAMILY });
  if (taken.waitMs > 0)
    throw new Throttled('rate_budget', 'the CRM is left alone: its budget is used up, or it asked so', taken.waitMs);
}
