// The figures of enrichment within a rolling window: from what workers count to API and gauges.
import { Queue } from 'bullmq';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createEnrichmentWindow } from '../../src/api/sampling/enrichment.ts';
import type { EnrichmentFigures } from '../../src/api/sampling/enrichment-schema.ts';
import { metricSchema, type Presence } from '../../src/api/sampling/processes.ts';
import { createSample } from '../../src/api/sampling/sampler.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { layFoundation, type Foundation } from '../../workers/roles/foundation.ts';
import { handOver } from '../../workers/roles/hand-over.ts';
import { openQueues } from '../../workers/roles/open-queues.ts';
import { topology } from '../../workers/topology.ts';
import { apiNeeds, PASSWORD, startSampleApi } from '../browser/support/sample-api.ts';
import { sampleDeployment, type SampleDeployment } from '../browser/support/sample-deployment.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const MINUTE = 60_000;

/** What a process says of itself, as it is read from Redis. */
async function presenceOf(id: string, metrics: Metrics): Promise<Presence> {
  const figures = metricSchema.array().parse(JSON.parse(JSON.stringify(await metrics.registry.getMetricsAsJSON())));
  return { id, role: 'worker', pid: 1, host: 'h', startedAt: 0, at: 0, version: '0', notes: {}, metrics: figures };
}

const settle = (metrics: Metrics, outcome: string, seconds?: number): void => {
  metrics.count('throughline_enrichments_total', { outcome });
  if (seconds !== undefined) metrics.observe('throughline_enrichment_seconds', seconds);
};

describe('the window', () => {
  const read = (window: ReturnType<typeof createEnrichmentWindow>, at: number, ...processes: Presence[]) =>
    window({ at, processes, heldBack: [] });

  it('tells success from failure, and both from what had nothing to do', async () => {
    const window = createEnrichmentWindow(true, 15 * MINUTE);
    const metrics = createMetrics();
    expect(read(window, 0, await presenceOf('a', metrics))).toMatchObject({ successRate: null, latencyMs: null });
    for (let n = 0; n < 97; n += 1) settle(metrics, 'injected', 0.15);
    for (const outcome of ['failed', 'lookup_failed', 'nothing_valid', 'not_found', 'ended']) settle(metrics, outcome);
    const figures = read(window, 1000, await presenceOf('a', metrics));
    expect(figures).toMatchObject({ succeeded: 97, failed: 3, leftOut: 2, successRate: 0.97 });
    expect(figures.latencyMs).toEqual({ p50: 150, p95: 195, p99: 199 });
    expect(figures.outcomes).toEqual({ injected: 97, failed: 1, lookup_failed: 1, nothing_valid: 1, not_found: 1, ended: 1 }); // prettier-ignore
  });

  it('forgets what is older than it, and counts no process twice', async () => {
    const window = createEnrichmentWindow(true, 5 * MINUTE);
    const [one, other] = [createMetrics(), createMetrics()];
    settle(one, 'injected', 9);
    read(window, 0, await presenceOf('a', one));
    settle(one, 'failed');
    expect(read(window, MINUTE, await presenceOf('a', one)).successRate).toBe(0);
    settle(other, 'injected', 1);
    // silent for a moment, then back with nothing new
    expect(read(window, 2 * MINUTE, await presenceOf('b', other))).toMatchObject({ succeeded: 1, failed: 1 });
    const both = [await presenceOf('a', one), await presenceOf('b', other)];
    expect(read(window, 3 * MINUTE, ...both)).toMatchObject({ succeeded: 1, failed: 1 });
    expect(read(window, 6 * MINUTE, ...both)).toMatchObject({ succeeded: 1, failed: 0, successRate: 1 });
    expect(read(window, 7 * MINUTE, ...both)).toMatchObject({ succeeded: 0, successRate: null, latencyMs: null, outcomes: {} }); // prettier-ignore
  });

  it('knows what the cache spared the CRM: who leaves the question to another process has not asked', async () => {
    const window = createEnrichmentWindow(true, MINUTE);
    const metrics = createMetrics();
    read(window, 0, await presenceOf('a', metrics));
    const answers = { memory: 4, shared: 1, negative: 1, joined: 2, asked: 3, elsewhere: 1, stale: 1 };
    for (const [result, by] of Object.entries(answers)) metrics.count('throughline_lookup_cache_total', { result }, by);
    const { cache } = read(window, 1, await presenceOf('a', metrics));
    expect(cache).toEqual({ hitRate: 0.8, answers });
  });
});

describe('a deployment', () => {
  let deployment: SampleDeployment;
  let queue: Queue;
  beforeEach(async () => {
    const redisUrl = inject('redisUrl');
    deployment = await sampleDeployment({ redisUrl, now: Date.now(), conversations: 1, deadLetters: 0 });
    const prefix = deployment.keys.bull('inject-attributes');
    queue = new Queue('inject-attributes', { connection: redisOptions(redisUrl, 'worker'), prefix });
  });
  afterEach(async () => {
    await queue.close();
    await deployment.close();
  });

  const foundation = (): Promise<Foundation> => {
    const loaded = loadConfig({
      REDIS_URL: inject('redisUrl'),
      THROUGHLINE_REDIS_PREFIX: deployment.prefix,
      THROUGHLINE_LOG_LEVEL: 'silent',
    });
    if (!loaded.ok) throw new Error('the configuration does not hold');
    return layFoundation('test', loaded.config);
  };

  const present = async (id: string, metrics: Metrics, at: number): Promise<void> => {
    const record = { ...(await presenceOf(id, metrics)), at };
    await deployment.redis.set(deployment.keys.presence(id), JSON.stringify(record));
    await deployment.redis.zadd(deployment.keys.presenceIndex, at, id);
  };

  it('says what came of each as the audit is told, in the API and as gauges', async () => {
    const worker = createMetrics();
    const metrics = createMetrics();
    const at = Date.now();
    const clock = createFakeClock(at);
    const sample = createSample(apiNeeds(deployment, { clock, metrics }));
    await present('w', worker, at);
    await sample();
    expect(await metrics.registry.metrics()).toContain('throughline_enrichment_success_ratio Nan');
    const base = { ...(await foundation()), metrics: worker };
    const queues = openQueues(base);
    const tell = handOver({ base, path: topology(base.config, worker), queues }).audit;
    const job = { timestamp: at, conversationId: 'c', traceId: 't', payloadHash: null, latencyMs: 1500 };
    await tell({ ...job, success: true, outcome: 'injected', error: null });
    await tell({ ...job, traceId: 'u', success: false, outcome: 'failed', error: null });
    await present('w', worker, at);
    const { enrichment } = await sample();
    expect(enrichment).toMatchObject({ enabled: true, windowSeconds: 900, succeeded: 1, failed: 1, successRate: 0.5 });
    expect(enrichment.latencyMs?.p50).toBe(1500);
    const text = await metrics.registry.metrics();
    expect(text).toContain('throughline_enrichment_success_ratio 0.5');
    expect(text).toContain('throughline_enrichment_quantile_seconds{quantile="0.5"} 1.5');
    await queues.close();
    await base.stop();
  });

  it('says what holds it back: a queue that waits or is paused, and an open breaker', async () => {
    const queues = [...deployment.queues, { name: queue.name, does: '', queue }];
    const sample = createSample(apiNeeds(deployment, { queues }));
    // as each job that a worker takes leaves it: nothing waits for that
    await deployment.redis.set(queue.toKey('limiter'), 1, 'PX', 60_000);
    expect((await sample()).enrichment.heldBack).toEqual([]);
    await queue.rateLimit(60_000);
    const [held] = (await sample()).enrichment.heldBack;
    expect(held?.queue).toBe('inject-attributes');
    expect(held?.forMs).toBeGreaterThan(30_000);
    await queue.pause();
    const worker = createMetrics();
    worker.set('throughline_remote_breaker_open', 1, { remote: 'crm-lookup' });
    worker.set('throughline_remote_breaker_open', 1, { remote: 'elsewhere' });
    await present('w', worker, Date.now());
    const { heldBack, breakersOpen } = (await sample()).enrichment;
    expect(heldBack).toEqual([{ queue: 'inject-attributes', forMs: null }]);
    expect(breakersOpen).toEqual(['crm-lookup']);
  });

  it('answers at /api/v1/enrichment what the overview says', async () => {
    const needs = apiNeeds(deployment);
    const api = await startSampleApi(deployment, { config: { ...needs.config, enrichment: 'off', enrichmentWindowMinutes: 5 } }); // prettier-ignore
    const response = await fetch(`${api.url}/api/v1/enrichment`, {
      headers: { authorization: `Basic ${btoa(`throughline:${PASSWORD}`)}` },
    });
    expect(response.status).toBe(200);
    const figures = (await response.json()) as EnrichmentFigures;
    expect(figures).toMatchObject({ enabled: false, windowSeconds: 300, successRate: null, heldBack: [] });
    await api.close();
  });
});
