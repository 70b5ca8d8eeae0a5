// Reads frames and envelopes in the order of their partition and moves conversations: parse → diff → move → outputs, in one commit.
import type { Config } from '../../src/config/entries.ts';
import { conversationStateSchema, type ConversationState } from '../../src/domain/conversation/state.ts';
import { reduce, type Reduction } from '../../src/domain/conversation/reduce.ts';
import { slaTally } from '../../src/domain/conversation/sla-tally.ts';
import { crmRecords, type CrmRecord } from '../../src/domain/crm-record.ts';
import type { SlaStatus } from '../../src/domain/sla.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { eventDecoder } from '../../src/envelopes/event.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import type { Output } from '../../src/runtime/partition-handler.ts';
import type { PartitionStage } from '../../src/runtime/stage.ts';

type Settings = Pick<Config, 'stateOpenTtlHours' | 'stateEndedTtlMinutes'>;

/** Where a CRM output goes: the receiver's name in the topology. */
export const CRM_SINK = 'crm';

export const conversationsStage = (
  settings: Settings,
  metrics: Metrics,
  decodeEvent = eventDecoder(),
): PartitionStage<Observation, ConversationState> => ({
  kind: 'partition',
  name: 'conversations',
  does: 'Turns native frames and envelopes into participant moves, exactly once and in order, and says what changed to the CRM.',
  from: 'partition log',
  to: { [CRM_SINK]: 'sync-crm' },
  handler: {
    name: 'conversations',
    decode: ({ raw, receivedAt }) => {
      const decoded = decodeEvent(raw, receivedAt);
      if (decoded.kind === 'observation') {
        return { kind: 'apply', key: decoded.observation.conversationId, event: decoded.observation };
      }
      const why = { code: 'unknown_topic', message: 'no codec reads this topic yet', topic: decoded.topic };
      return { kind: 'set-aside', why };
    },
    parseState,
    apply: (state, observation) => {
      const reduction = reduce(state, observation);
      const records = reduction.changed ? crmRecords(reduction, observation.receivedAt) : [];
      measure(metrics, observation, reduction, records);
      const open = reduction.state.phase === 'open';
      return {
        state: reduction.state,
        changed: reduction.changed,
        ttlMs: open ? settings.stateOpenTtlHours * 3_600_000 : settings.stateEndedTtlMinutes * 60_000,
        liveSince: open ? reduction.state.startedAt : undefined,
        outputs: records.map((record) => crmOutput(record, observation.receivedAt)),
        counters: countersOf(reduction, slaTally(state, reduction)),
      };
    },
  },
});

/** Our own commit wrote it: only whether this build knows its version is asked. */
function parseState(json: string): ConversationState {
  const state = JSON.parse(json) as ConversationState;
  conversationStateSchema.shape.v.parse(state.v);
  return state;
}

/** A record says all that its earlier versions said. */
function crmOutput(record: CrmRecord, receivedAt: number): Output {
  return { sink: CRM_SINK, receivedAt, payload: record, replaces: record.recordId };
}

/** Kept with the partition, in the commit: exact whatever dies. */
function countersOf({ events, refusals }: Reduction, sla: ReadonlyMap<SlaStatus, number>): [string, number][] {
  const moves = events.filter((event) => event.kind === 'participant.moved').length;
  const counters: [string, number][] = [
    ['n:moves', moves],
    ...refusals.map(({ reason }): [string, number] => [`n:refused:${reason}`, 1]),
    ...[...sla].map(([status, by]): [string, number] => [`n:sla:${status}`, by]),
  ];
  return counters.filter(([, by]) => by !== 0);
}

/** Per process and for Prometheus; a fenced batch counts here although its commit never happened. */
function measure(
  metrics: Metrics,
  observation: Observation,
  reduction: Reduction,
  records: readonly CrmRecord[],
): void {
  const { source, attachmentsDropped } = observation;
  metrics.count('throughline_events_total', { source });
  if (attachmentsDropped) metrics.count('throughline_attachments_dropped_total', {}, attachmentsDropped);
  for (const event of reduction.events) {
    if (event.kind === 'participant.moved') metrics.count('throughline_moves_total', { to: event.to });
  }
  for (const { reason } of reduction.refusals) metrics.count('throughline_moves_refused_total', { reason });
  for (const record of records) {
    if (record.kind === 'message') metrics.count('throughline_sla_results_total', { status: record.slaStatus });
  }
}
