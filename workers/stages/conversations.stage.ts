// Reads frames and envelopes in the order of their partition and moves conversations: parse → diff → move → outputs, in one commit.
import type { Config } from '../../src/config/entries.ts';
import { conversationStateSchema, type ConversationState } from '../../src/domain/conversation/state.ts';
import { reduce, type Reduction } from '../../src/domain/conversation/reduce.ts';
import { slaTally } from '../../src/domain/conversation/sla-tally.ts';
import { crmRecords, type CrmRecord } from '../../src/domain/crm-record.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { followSla } from '../../src/domain/sla/follow.ts';
import type { SlaStatus } from '../../src/domain/sla/message-sla.ts';
import { slaRulesFrom } from '../../src/domain/sla/rules.ts';
import type { TimerChange } from '../../src/domain/sla/timer.ts';
import { eventDecoder } from '../../src/envelopes/event.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import type { Output, PartitionHandler } from '../../src/runtime/partition-handler.ts';
import type { PartitionStage } from '../../src/runtime/stage.ts';

type Settings = Pick<Config, 'stateOpenTtlHours' | 'stateEndedTtlMinutes' | 'slaRules'>;

/** Where outputs go: the receivers' names in the topology. */
export const CRM_SINK = 'crm';
export const TIMER_SINK = 'timers';

export const conversationsStage = (
  settings: Settings,
  metrics: Metrics,
  decodeEvent = eventDecoder(),
): PartitionStage<Observation, ConversationState> => ({
  kind: 'partition',
  name: 'conversations',
  does: 'Turns native frames and envelopes into participant moves and SLA outcomes, exactly once and in order, and says what changed to the CRM.',
  from: 'partition log',
  to: { [CRM_SINK]: 'sync-crm', [TIMER_SINK]: 'sla-deadlines' },
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
    apply: applyWith(settings, metrics),
  },
});

/** One observation: what it moves, what that does to promises, and what is to be said of both. */
function applyWith(settings: Settings, metrics: Metrics): PartitionHandler<Observation, ConversationState>['apply'] {
  const rules = slaRulesFrom(settings.slaRules);
  return (state, observation) => {
    const { receivedAt } = observation;
    const facts = reduce(state, observation);
    const { reduction, timer } = followSla(facts, observation, rules);
    // a timer that was only set anew is nobody's news
    const records = facts.changed || reduction.events.length > 0 ? crmRecords(reduction, rules) : [];
    measure(metrics, observation, reduction, records);
    const outputs = records.map((record) => crmOutput(record, receivedAt));
    if (timer !== undefined) outputs.push(timerOutput(timer, receivedAt));
    return {
      state: reduction.state,
      changed: reduction.changed,
      ttlMs: ttlOf(reduction.state, receivedAt, settings),
      liveSince: reduction.state.phase === 'open' ? reduction.state.startedAt : undefined,
      outputs,
      counters: countersOf(reduction, slaTally(state, reduction)),
    };
  };
}

/** Never forgotten before its timer has rung: the breach would never come. */
function ttlOf({ phase, sla }: ConversationState, now: number, settings: Settings): number {
  const endedMs = settings.stateEndedTtlMinutes * 60_000;
  const base = phase === 'open' ? settings.stateOpenTtlHours * 3_600_000 : endedMs;
  return sla?.timer === undefined ? base : Math.max(base, sla.timer.at - now + endedMs);
}

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

/** In the order of the log, each of them: what one takes away another has set. */
function timerOutput(change: TimerChange, receivedAt: number): Output {
  return { sink: TIMER_SINK, receivedAt, payload: change };
}

/** Kept with the partition, in the commit: exact whatever dies. */
function countersOf({ events, refusals }: Reduction, sla: ReadonlyMap<SlaStatus, number>): [string, number][] {
  const counters: [string, number][] = [];
  let moves = 0;
  for (const event of events) {
    if (event.kind === 'participant.moved') moves += 1;
    else if ('bySeconds' in event) counters.push([`n:objective:${event.objective}:${OUTCOME[event.kind]}`, 1]);
  }
  if (moves > 0) counters.push(['n:moves', moves]);
  for (const { reason } of refusals) counters.push([`n:refused:${reason}`, 1]);
  for (const [status, by] of sla) if (by !== 0) counters.push([`n:sla:${status}`, by]);
  return counters;
}

const OUTCOME = { 'sla.at-risk': 'at_risk', 'sla.met': 'met', 'sla.breached': 'breach' } as const;

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
    else if ('bySeconds' in event) {
      const { objective, media } = event;
      metrics.count('throughline_sla_outcomes_total', { objective, outcome: OUTCOME[event.kind], media });
    }
  }
  for (const { reason } of reduction.refusals) metrics.count('throughline_moves_refused_total', { reason });
  for (const record of records) {
    if (record.kind === 'message') metrics.count('throughline_sla_results_total', { status: record.slaStatus });
  }
}
