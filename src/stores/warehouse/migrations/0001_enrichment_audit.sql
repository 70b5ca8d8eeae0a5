-- The audit of enrichment: a row for each outcome of each injection, by month. Only grows: rows go with their whole
-- month, by retention. Holds the hash of what was sent, never a value of it.
create function throughline.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% only grows: rows are neither changed nor deleted, a month goes as a whole', tg_table_name
    using errcode = 'object_not_in_prerequisite_state';
end $$;

create table throughline.enrichment_audit (
  at timestamptz(3) not null,
  conversation_id text collate "C" not null check (length(conversation_id) between 1 and 64),
  trace_id text collate "C" not null check (length(trace_id) between 1 and 128),
  outcome text collate "C" not null check (outcome ~ '^[a-z][a-z0-9_-]{0,39}$'),
  success boolean not null,
  latency_ms integer not null check (latency_ms >= 0),
  payload_hash text check (payload_hash ~ '^[0-9a-f]{64}$'),
  error_code text check (length(error_code) <= 64),
  error_message text check (length(error_message) <= 500),
  recorded_at timestamptz(3) not null default now(),
  -- finds a row of the same trace and outcome in every month
  primary key (trace_id, outcome, at)
) partition by range (at);

create index enrichment_audit_by_time on throughline.enrichment_audit (at, trace_id, outcome);
create index enrichment_audit_by_conversation on throughline.enrichment_audit (conversation_id, at, trace_id, outcome);

create trigger only_grows before update or delete on throughline.enrichment_audit
  for each row execute function throughline.refuse_change();
create trigger only_grows_whole before truncate on throughline.enrichment_audit
  for each statement execute function throughline.refuse_change();
