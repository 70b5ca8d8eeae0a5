// The processes of the sample deployment: what each says of itself.
import type { Redis } from 'ioredis';
import type { StreamFacts } from '../../../src/genesys/stream-facts.ts';
import { createMetrics, type Metrics } from '../../../src/observability/metrics.ts';
import type { Keys } from '../../../src/stores/redis/keys.ts';

export interface SampleProcess {
  readonly id: string;
  readonly role: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly metrics: Metrics;
}

export const sampleProcesses = (now: number): SampleProcess[] =>
  ['api', 'ingester', 'worker', 'worker'].map((role, i) => ({
    id: `${role}-${i}`,
    role,
    pid: 4100 + i,
    startedAt: now - 3_600_000 - i * 1000,
    metrics: createMetrics(),
  }));

export const sampleStream = (now: number): StreamFacts => ({
  ingester: 'ingester-41-sample',
  native: true,
  client: 'sample',
  feed: 'sample',
  connected: true,
  topics: 24,
  leftOutTopics: 0,
  channels: 1,
  mostChannels: 20,
  lastFrameAt: now - 300,
  connectedSince: now - 2 * 3_600_000,
  paused: false,
  reconnects: 1,
});

/** Of four events one begins an enrichment; of ten customers one is unknown, of a hundred enrichments one fails. */
function enrich(metrics: Metrics, events: number, random: () => number): void {
  for (let n = 0; n < events / 4; n += 1) {
    const came = random();
    const outcome = came < 0.85 ? 'injected' : came < 0.95 ? 'not_found' : came < 0.99 ? 'ended' : 'failed';
    metrics.count('throughline_enrichments_total', { outcome });
    if (outcome === 'injected') metrics.observe('throughline_enrichment_seconds', 0.04 + 0.6 * random() ** 3);
    metrics.count('throughline_lookup_cache_total', { result: random() < 0.6 ? 'memory' : 'asked' });
  }
}

export async function present(
  redis: Redis,
  keys: Keys,
  { metrics, ...process }: SampleProcess & { readonly notes: object },
  now: number,
  events: number,
  random: () => number,
): Promise<void> {
  for (let n = 0; n < events; n += 1) {
    metrics.observe(
      'throughline_event_to_commit_seconds',
      0.0004 + 0.002 * random() ** 4 + (random() < 0.04 ? 0.012 : 0),
    );
  }
  metrics.count('throughline_events_total', { source: 'snapshot' }, events);
  if (events > 0) enrich(metrics, events, random);
  const record = { ...process, host: 'sample-host', at: now, version: '0.1.0', opsUrl: 'http://127.0.0.1:1' };
  const figures = await metrics.registry.getMetricsAsJSON();
  await redis.set(keys.presence(process.id), JSON.stringify({ ...record, metrics: figures }), 'PX', 60_000);
  await redis.zadd(keys.presenceIndex, now, process.id);
}
