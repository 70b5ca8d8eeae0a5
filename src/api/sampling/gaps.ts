// The gap ledger at a glance: how many in which state, how complete, and the newest few. Invariant: bounded.
import { GapLedger } from '../../stores/gaps/ledger.ts';
import { GAP_STATES } from '../../stores/gaps/gap.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Redis } from 'ioredis';
import type { Keys } from '../../stores/redis/keys.ts';
import type { Overview } from './overview-schema.ts';

export const NEWEST_GAPS = 4;

export async function readGaps(redis: Redis, keys: Keys): Promise<Overview['gaps']> {
  const ledger = new GapLedger(redis, keys.gaps);
  const [{ byState, known, reconciled, completeness }, newest] = await Promise.all([
    ledger.summary(),
    ledger.list(NEWEST_GAPS),
  ]);
  return {
    ...byState,
    known,
    reconciled,
    completeness,
    newest: newest.map(({ id, from, to, cause, state, coveredBy, ...gap }) => ({
      id,
      from,
      to,
      cause,
      state,
      covered: coveredBy !== null,
      known: gap.known,
      reconciled: gap.reconciled,
      changed: gap.changed,
    })),
  };
}

export function setGapGauges(metrics: Metrics, gaps: Overview['gaps']): void {
  for (const state of GAP_STATES) metrics.set('throughline_gaps', gaps[state], { state });
  metrics.set('throughline_gap_completeness_ratio', gaps.completeness);
}
