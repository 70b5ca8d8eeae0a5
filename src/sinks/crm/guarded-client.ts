// The way to the CRM: measured as every remote is, and left alone for a while once it has failed several times in a row.
// Invariant: a batch that is held back has not been sent and spends no attempt, so a CRM that is down for hours, or an
// address that a person must mend, costs nobody a record.
import type { Metrics } from '../../observability/metrics.ts';
import type { Breaker } from '../../runtime/breaker.ts';
import { Failure, Throttled } from '../../runtime/errors.ts';
import type { CrmClient } from './crm-client.ts';

export interface Guards {
  readonly breaker: Breaker;
  readonly metrics: Metrics;
  readonly now: () => number;
}

const remote = 'crm';

export function guardedClient(client: CrmClient, { breaker, metrics, now }: Guards): CrmClient {
  let inFlight = 0;
  const measured: CrmClient['sendBatch'] = async (records, key, signal) => {
    const begunAt = now();
    metrics.set('throughline_remote_in_flight', (inFlight += 1), { remote });
    let outcome = 'ok';
    try {
      return await client.sendBatch(records, key, signal);
    } catch (error) {
      outcome = error instanceof Failure ? error.code : 'unexpected';
      throw error;
    } finally {
      metrics.set('throughline_remote_in_flight', (inFlight -= 1), { remote });
      metrics.count('throughline_remote_requests_total', { remote, outcome });
      metrics.observe('throughline_remote_request_seconds', (now() - begunAt) / 1000, { remote });
    }
  };
  return {
    sendBatch: async (records, key, signal) => {
      try {
        return await breaker.run(() => measured(records, key, signal));
      } catch (error) {
        if (error instanceof Throttled && error.code !== 'crm_throttled')
          metrics.count('throughline_remote_held_back_total', { remote, reason: error.code });
        throw error;
      }
    },
  };
}
