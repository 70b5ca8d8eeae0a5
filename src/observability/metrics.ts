// One registry per process, made from the catalogue. Invariant: a metric that is not in the catalogue cannot be written.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { metricCatalogue, type MetricName } from './catalogue.ts';

export type Labels = Readonly<Record<string, string | number>>;

export interface Metrics {
  readonly registry: Registry;
  /** Adds to a counter. */
  count(name: MetricName, labels?: Labels, by?: number): void;
  /** Sets a gauge. */
  set(name: MetricName, value: number, labels?: Labels): void;
  /** Observes a histogram; seconds for every `_seconds`. */
  observe(name: MetricName, value: number, labels?: Labels): void;
}

/** prom-client's own metrics whose names break the naming rules (`_total` on a gauge). */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createMetrics(options: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  const made = new Map<MetricName, Counter | Gauge | Histogram>();
  for (const [name, definition] of Object.entries(metricCatalogue)) {
    const { help, labels: labelNames, type } = definition;
    const shape = { name, help, labelNames, registers: [registry] };
    const metric =
      type === 'counter'
        ? new Counter(shape)
        : type === 'gauge'
          ? new Gauge(shape)
          : new Histogram({ ...shape, buckets: [...(definition.buckets ?? [])] });
    made.set(name as MetricName, metric);
  }
  if (options.processMetrics ?? false) {
    collectDefaultMetrics({ register: registry });
    for (const name of MISNAMED) registry.removeSingleMetric(name);
  }
  return {
    registry,
    count: (name, labels = {}, by = 1) => (made.get(name) as Counter).inc({ ...labels }, by),
    set: (name, value, labels = {}) => (made.get(name) as Gauge).set({ ...labels }, value),
    observe: (name, value, labels = {}) => (made.get(name) as Histogram).observe({ ...labels }, value),
  };
}
