// How enrichment does within a rolling window, from what workers count. Invariant: an enrichment counts once, under what
// came of it; what had nothing to do is neither success nor failure.
import type { Metrics } from '../../observability/metrics.ts';
import { NO_LIMIT } from '../../runtime/stage-worker.ts';
import type { ServedQueue } from '../needs.ts';
import type { EnrichmentFigures } from './enrichment-schema.ts';
import { countsOf, createGainWindow, type Counts } from './gains.ts';
import { createLatencyWindow } from './latency.ts';
import type { Presence } from './processes.ts';
import type { QueueReading } from './queues.ts';

const QUEUES: ReadonlySet<string> = new Set(['look-up-customer', 'validate-attributes', 'inject-attributes']);
const REMOTES = ['crm-lookup', 'genesys'];
const SUCCESS = 'injected';
/** Someone should look: the others had nothing to say, or nobody to say it to. */
const FAILURES = ['failed', 'lookup_failed', 'validation_failed', 'nothing_valid'];
const ANSWERED_HERE = ['memory', 'shared', 'negative', 'joined'];

export interface EnrichmentReading {
  readonly at: number;
  readonly processes: readonly Presence[];
  readonly heldBack: EnrichmentFigures['heldBack'];
}

export function createEnrichmentWindow(
  enabled: boolean,
  windowMs: number,
): (reading: EnrichmentReading) => EnrichmentFigures {
  const latency = createLatencyWindow('throughline_enrichment_seconds', windowMs);
  const outcomes = createGainWindow(windowMs, (record) => countsOf(record, 'throughline_enrichments_total', 'outcome'));
  const answers = createGainWindow(windowMs, (record) => countsOf(record, 'throughline_lookup_cache_total', 'result'));
  return ({ at, processes, heldBack }) => {
    const settled = outcomes.add(at, processes);
    const succeeded = settled.get(SUCCESS) ?? 0;
    const failed = sumOf(settled, FAILURES);
    const answered = answers.add(at, processes);
    const hits = sumOf(answered, ANSWERED_HERE);
    // who finds that another process asks has not; what is answered stale after all has been asked
    const asked = Math.max(0, sumOf(answered, ['asked']) - sumOf(answered, ['elsewhere']));
    return {
      enabled,
      windowSeconds: windowMs / 1000,
      succeeded,
      failed,
      leftOut: sumOf(settled, settled.keys()) - succeeded - failed,
      successRate: shareOf(succeeded, succeeded + failed),
      latencyMs: latency.add(at, processes),
      outcomes: positive(settled),
      cache: { hitRate: shareOf(hits, hits + asked), answers: positive(answered) },
      heldBack,
      breakersOpen: REMOTES.filter((remote) => processes.some((record) => isOpen(record, remote))),
    };
  };
}

const sumOf = (counts: Counts<string>, names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
const shareOf = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const positive = (counts: Counts<string>): Record<string, number> =>
  Object.fromEntries([...counts].filter(([, count]) => count > 0));

const isOpen = (record: Presence, remote: string): boolean =>
  (countsOf(record, 'throughline_remote_breaker_open', 'remote').get(remote) ?? 0) > 0;

/** Paused by a person, or left alone for as long as a remote asked. */
export async function readHeldBack(
  queues: readonly ServedQueue[],
  readings: readonly QueueReading[],
): Promise<EnrichmentFigures['heldBack']> {
  const ours = queues.filter(({ name }) => QUEUES.has(name));
  const waits = await Promise.all(
    ours.map(async ({ name, queue }) => {
      if (readings.some((reading) => reading.name === name && reading.paused)) return [{ queue: name, forMs: null }];
      // by itself it would tell of every queue that has done a job within the last second
      const forMs = await queue.getRateLimitTtl(NO_LIMIT);
      return forMs > 0 ? [{ queue: name, forMs }] : [];
    }),
  );
  return waits.flat();
}

/** What is not known is no number: an alert on it stays silent. */
export function setEnrichmentGauges(metrics: Metrics, { successRate, latencyMs }: EnrichmentFigures): void {
  metrics.set('throughline_enrichment_success_ratio', successRate ?? Number.NaN);
  for (const [quantile, value] of [
    ['0.5', latencyMs?.p50],
    ['0.95', latencyMs?.p95],
    ['0.99', latencyMs?.p99],
  ] as const) {
    metrics.set('throughline_enrichment_quantile_seconds', (value ?? Number.NaN) / 1000, { quantile });
  }
}
