// Every metric Throughline exports, once: dashboards, alerts and code read this table.
// Invariant: base units, `_total` for counters, labels from bounded sets (never an id).

export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricDefinition {
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/** 0.25 ms to 10 min: from one commit to a batch that waits for a slow CRM. */
const LATENCY = [0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

const counter = (help: string, labels: readonly string[] = []): MetricDefinition => ({ type: 'counter', help, labels });
const gauge = (help: string, labels: readonly string[] = []): MetricDefinition => ({ type: 'gauge', help, labels });
const histogram = (help: string, labels: readonly string[] = [], buckets: readonly number[] = LATENCY) =>
  ({ type: 'histogram', help, labels, buckets }) satisfies MetricDefinition;

export const metricCatalogue = {
  throughline_stream_connected: gauge('1 while the notification sockets of all channels are open'),
  throughline_stream_channels: gauge('Channels whose notification socket is open'),
  throughline_stream_topics: gauge('Topics, by state (followed, rejected, left_out)', ['state']),
  throughline_stream_last_frame_age_seconds: gauge(
    'Seconds since the last frame of any kind, on the channel that has been quiet longest',
  ),
  throughline_stream_reconnects_total: counter('Sockets opened again, by cause', ['cause']),
  throughline_gap_seconds_total: counter('Time without a live socket, by cause', ['cause']),
  throughline_gap_conversations_total: counter('Conversations read to repair gaps, by outcome', ['outcome']),
  throughline_gap_repair_seconds: histogram('From the end of a gap to the end of its repair'),
  throughline_gaps: gauge('Gaps kept in the ledger, by state', ['state']),
  throughline_gap_completeness_ratio: gauge('Conversations reconciled of those that gaps may have touched'),

  throughline_ingest_frames_total: counter('Frames received, by kind', ['kind']),
  throughline_ingest_refused_total: counter('Frames not taken as they were, by reason', ['reason']),
  throughline_ingest_buffer_events: gauge('Events received but not yet appended to a partition'),
  throughline_ingest_buffer_bytes: gauge('Bytes received but not yet appended to a partition'),
  throughline_ingest_spool_bytes: gauge('Bytes of frames on disk that wait for Redis, or for older ones'),
  throughline_envelopes_connected: gauge('1 while the WebSocket that sends envelopes is open'),
  throughline_ingest_paused: gauge('1 while the socket is paused because the buffer or a partition is full'),
  throughline_redis_memory_fill_ratio: gauge('Share of Redis’ maxmemory in use; 0 without a limit'),
  throughline_ingest_append_seconds: histogram('Time of one append of waiting events to their partitions'),

  throughline_partition_depth: gauge('Log entries that wait in a partition', ['partition']),
  throughline_partition_oldest_event_age_seconds: gauge('Age of the oldest waiting log entry', ['partition']),
  throughline_partition_paused: gauge('1 while a partition is paused by a poison flood', ['partition']),
  throughline_partition_commits_total: counter('Commits, by outcome (applied, fenced)', ['outcome']),
  throughline_partition_claims_total: counter('Claims, by outcome (claimed, empty, paused)', ['outcome']),
  throughline_partition_isolations_total: counter('Times a partition went event by event to find a killer'),
  throughline_partition_swept_total: counter('Partitions woken by the sweep'),
  throughline_partition_relayed_total: counter('Outputs handed from outboxes to their receivers', ['sink']),

  throughline_stage_messages_total: counter('Messages settled, by outcome and code', ['stage', 'outcome', 'code']),
  throughline_stage_duration_seconds: histogram('Time of one call of a stage’s handler', ['stage']),
  throughline_stage_wait_seconds: histogram('Time a message waited before its handler ran', ['stage']),
  throughline_stage_attempts: histogram('Attempts a message took', ['stage'], [1, 2, 3, 5, 10, 20, 50, 100]),
  throughline_stage_in_flight: gauge('Handlers running now', ['stage']),
  throughline_batch_flushes_total: counter('Batches cut, by trigger', ['stage', 'trigger']),
  throughline_batch_records: histogram('Records in a sent batch', ['stage'], SIZES),
  throughline_batch_records_total: counter('Records answered, by outcome', ['stage', 'outcome']),

  throughline_queue_jobs: gauge('Jobs in a queue, by state', ['queue', 'state']),
  throughline_queue_oldest_waiting_seconds: gauge('Age of the oldest waiting job', ['queue']),
  throughline_queue_paused: gauge('1 while a queue is paused', ['queue']),

  throughline_events_total: counter('Events applied by the conversations stage, by source', ['source']),
  throughline_attachments_dropped_total: counter('Attachments of envelopes left out as they had no URL'),
  throughline_moves_total: counter('Legal state moves, by state reached', ['to']),
  throughline_moves_refused_total: counter('Moves that changed nothing, by reason', ['reason']),
  throughline_sla_results_total: counter('SLA results, by status', ['status']),
  throughline_sla_outcomes_total: counter('Objectives of conversations, by outcome (at_risk, met, breach)', [
    'objective',
    'outcome',
    'media',
  ]),
  throughline_sla_deadline_overdue_seconds: gauge('How late the oldest deadline is that should have rung and has not'),
  throughline_sla_deadline_lag_seconds: histogram('From a deadline’s hour to the moment its partition was told'),

  throughline_remote_requests_total: counter('Requests to a remote, by outcome (ok, or the failure’s code)', [
    'remote',
    'outcome',
  ]),
  throughline_remote_request_seconds: histogram('Time of one request to a remote', ['remote']),
  throughline_remote_in_flight: gauge('Requests to a remote under way now', ['remote']),
  throughline_remote_held_back_total: counter('Calls told to wait before anything was sent, by reason', [
    'remote',
    'reason',
  ]),
  throughline_remote_breaker_open: gauge('1 while calls to a remote that failed again and again wait', ['remote']),
  throughline_rate_limit_tokens: gauge('Calls that the cluster’s budget would let through at once', ['remote']),
  throughline_rate_limit_wait_seconds: gauge('How long the last call of a family was told to wait', [
    'remote',
    'family',
  ]),

  throughline_conversation_updates_total: counter(
    'Updates of conversations, by outcome (written, restated: only when it was said, unchanged, conflict, refused, failed)',
    ['target', 'outcome'],
  ),
  throughline_conversation_update_conflicts_total: counter('Writes refused as somebody wrote first', ['target']),
  throughline_conversation_update_merges_total: counter('Updates settled by merging again after a conflict', [
    'target',
  ]),

  throughline_enrichments_total: counter(
    'Enrichments that came to an end, each once, by outcome (injected; lookup_failed, validation_failed, failed, nothing_valid; not_found, ended, forgotten, unidentified, no_schema, nothing_declared)',
    ['outcome'],
  ),
  throughline_enrichment_seconds: histogram('From what began an enrichment to its injection, of those that succeeded'),
  throughline_enrichment_success_ratio: gauge(
    'Enrichments that succeeded, of those that succeeded or failed, within the rolling window; NaN where there were none',
  ),
  throughline_enrichment_quantile_seconds: gauge(
    'Latency of enrichments that succeeded within the rolling window, by quantile; NaN where there were none',
    ['quantile'],
  ),
  throughline_enrichment_lookups_total: counter(
    'Look-ups of conversations’ customers, by outcome (found, not_found, unidentified, ended, forgotten, held_back, failed) and how fresh',
    ['outcome', 'freshness'],
  ),
  throughline_enrichment_lookup_seconds: histogram('Time of one look-up of a conversation’s customer'),
  throughline_lookup_cache_total: counter(
    'Questions to the cache of customers, by how they were answered (memory, shared, negative, stale, asked, joined, elsewhere)',
    ['result'],
  ),
  throughline_lookup_cache_entries: gauge('Answers held in this process’s memory'),
  throughline_lookup_cache_bytes: gauge('Bytes of the answers held in this process’s memory'),
  throughline_lookup_attributes_left_out_total: counter('Attributes of customers left out of an answer, by reason', [
    'reason',
  ]),
  throughline_injections_total: counter(
    'Injections of customers’ attributes, by outcome (injected, unchanged, ended, failed)',
    ['outcome'],
  ),
  throughline_injection_attributes_total: counter(
    'Attributes to be injected, by target (participant, custom) and outcome (sent, unchanged, over_limit, no_value, confirmed, lost, overtaken)',
    ['target', 'outcome'],
  ),
  throughline_injection_conflicts_total: counter('Writes of custom attributes refused as somebody wrote first'),
  throughline_enrichment_schema_reads_total: counter(
    'Schemas asked for beyond this process’s own copy, by outcome (shared, read, stale, failed)',
    ['kind', 'outcome'],
  ),
  throughline_enrichment_validations_total: counter(
    'Customers’ data held against a schema, by outcome (passed, nothing_valid, nothing_declared, no_schema, ended, failed)',
    ['outcome'],
  ),
  throughline_enrichment_attributes_total: counter(
    'Attributes held against a schema, by outcome (as_is, converted, refused, missing, extra)',
    ['outcome'],
  ),
  throughline_enrichment_attributes_refused_total: counter(
    'Attributes whose value could not be converted, by declared type and reason',
    ['expected', 'reason'],
  ),

  throughline_warehouse_ready: gauge('1 while the SQL store answers and its schema is what this build knows'),
  throughline_warehouse_failures_total: counter('Questions to the SQL store that failed, by code', ['code']),
  throughline_warehouse_partitions_dropped_total: counter('Months dropped from the SQL store by retention'),
  throughline_audit_records_total: counter('Audit records, by outcome (written, repeated, expired)', ['outcome']),
  throughline_audit_lag_seconds: histogram('From what an audit record tells of to its row'),
  throughline_webhook_deliveries_total: counter(
    'Tries to deliver a message to a webhook target, by event and outcome',
    ['event', 'outcome'],
  ),
  throughline_webhook_request_seconds: histogram('Time of one call of a webhook target'),
  throughline_webhook_event_to_delivery_seconds: histogram('From the event to its receipt by a webhook target'),
  throughline_webhook_set_aside_total: counter('Messages given up, and whether they are kept as dead letters', [
    'kept',
  ]),
  throughline_webhook_endpoints_disabled_total: counter('Webhook targets switched off by themselves, by reason', [
    'reason',
  ]),

  throughline_event_to_commit_seconds: histogram('From frame received to state committed'),
  throughline_event_to_sink_seconds: histogram('From frame received to the sink’s answer', ['sink']),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricCatalogue;
