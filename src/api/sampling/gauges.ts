// The partition and queue gauges of the metric catalogue, set from the same reading as the overview.
import type { Metrics } from '../../observability/metrics.ts';
import type { PartitionReading } from './partitions.ts';
import type { QueueReading } from './queues.ts';

/** Whoever samples owns these; added up over several API processes they would count everything twice. */
export const SAMPLED_GAUGES: ReadonlySet<string> = new Set([
  'throughline_partition_depth',
  'throughline_partition_oldest_event_age_seconds',
  'throughline_partition_paused',
  'throughline_queue_jobs',
  'throughline_queue_oldest_waiting_seconds',
  'throughline_queue_paused',
  'throughline_gaps',
  'throughline_gap_completeness_ratio',
  'throughline_sla_deadline_overdue_seconds',
  'throughline_enrichment_success_ratio',
  'throughline_enrichment_quantile_seconds',
]);

export function setGauges(metrics: Metrics, partitions: readonly PartitionReading[], queues: readonly QueueReading[]) {
  for (const { id, depth, oldestMs, paused } of partitions) {
    const labels = { partition: id };
    metrics.set('throughline_partition_depth', depth, labels);
    metrics.set('throughline_partition_oldest_event_age_seconds', (oldestMs ?? 0) / 1000, labels);
    metrics.set('throughline_partition_paused', paused === null ? 0 : 1, labels);
  }
  for (const queue of queues) {
    const name = { queue: queue.name };
    for (const state of ['waiting', 'active', 'delayed', 'failed', 'completed'] as const) {
      metrics.set('throughline_queue_jobs', queue[state], { ...name, state });
    }
    metrics.set('throughline_queue_oldest_waiting_seconds', queue.oldestWaitingMs / 1000, name);
    metrics.set('throughline_queue_paused', queue.paused ? 1 : 0, name);
  }
}
