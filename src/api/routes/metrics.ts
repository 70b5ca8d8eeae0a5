// `/metrics` in Prometheus' text form: this process, or (scope `cluster`) all live processes added up, so that a laptop
// run has one address to scrape. Invariant: gauges sampled by an API process are counted once.
import { AggregatorRegistry } from 'prom-client';
import { z } from 'zod';
import { keysFor } from '../../stores/redis/keys.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { SAMPLED_GAUGES } from '../sampling/gauges.ts';
import { metricSchema, readProcesses, type MetricRecord } from '../sampling/processes.ts';

/** Added up they would mean nothing: the worst of all processes is what matters. */
const WORST_OF_ALL: ReadonlySet<string> = new Set(['throughline_stream_last_frame_age_seconds']);

export function metricsRoute(app: App, needs: ApiNeeds): void {
  const schema = {
    tags: ['Operations'],
    summary: 'Metrics in Prometheus’ text form',
    security: [],
    response: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
  };
  app.get('/metrics', { config: { open: true }, schema }, async (_request, reply) => {
    const text = needs.config.metricsScope === 'cluster' ? await clusterMetrics(needs) : await processMetrics(needs);
    return reply.header('cache-control', 'no-store').type(needs.metrics.registry.contentType).send(text);
  });
}

const processMetrics = ({ metrics }: ApiNeeds): Promise<string> => metrics.registry.metrics();

async function clusterMetrics({ redis, config, metrics, clock }: ApiNeeds): Promise<string> {
  const processes = await readProcesses(redis, keysFor(config.redisPrefix), clock.now());
  const own = z.array(metricSchema).parse(await metrics.registry.getMetricsAsJSON());
  const sampled = own.filter(({ name }) => SAMPLED_GAUGES.has(name));
  const others = processes.map((record) =>
    record.metrics.filter(({ name }) => !SAMPLED_GAUGES.has(name)).map(summable),
  );
  return AggregatorRegistry.aggregate([...others, sampled]).metrics();
}

const summable = (metric: MetricRecord): MetricRecord =>
  WORST_OF_ALL.has(metric.name) ? { ...metric, aggregator: 'max' } : metric;
