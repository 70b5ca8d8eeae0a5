// Reads frames and envelopes in the order of their partition and moves conversations: parse → diff → move → outputs, in one commit.
import type { Config } from '../../src/config/entries.ts';
import { conversationStateSchema, type ConversationState } from '../../src/domain/conversation/state.ts';
import { reduce, type Reduction } from '../../src/domain/conversation/reduce.ts';
import { objectiveTally, slaTally } from '../../src/domain/conversation/sla-tally.ts';
import {
  tellConversation,
  updateRule,
  type ConversationUpdate,
  type Telling,
} from '../../src/domain/conversation-update.ts';
import { enrichmentCauses, requestEnrichment, type EnrichmentRequest } from '../../src/domain/enrichment/trigger.ts';
import { crmRecords, type CrmRecord } from '../../src/domain/crm-record.ts';
import type { Observation } from '../../src/domain/observation.ts';
import { followSla } from '../../src/domain/sla/follow.ts';
import { slaRulesFrom } from '../../src/domain/sla/rules.ts';
import type { TimerChange } from '../../src/domain/sla/timer.ts';
import { isSlaEvent, slaNews } from '../../src/domain/webhooks/sla-news.ts';
import { eventDecoder } from '../../src/envelopes/event.ts';
import { identityKeeper } from '../../src/enrichment/lookup/identity-keeper.ts';
import { attributesOf, loadLookupMapping } from '../../src/enrichment/lookup/mapping.ts';
import type { Metrics } from '../../src/observability/metrics.ts';
import type { Output, PartitionHandler } from '../../src/runtime/partition-handler.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import type { PartitionStage } from '../../src/runtime/stage.ts';
import { noteShown } from '../../src/sinks/attributes/shown.ts';

type Settings = Pick<Config, 'stateOpenTtlHours' | 'stateEndedTtlMinutes' | 'slaRules'> &
  UpdateSettings &
  EnrichmentSettings;
type UpdateSettings = Partial<
  Pick<Config, 'conversationUpdateTarget' | 'conversationUpdateMoves' | 'conversationUpdateFields'>
>;
type EnrichmentSettings = Partial<Pick<Config, 'enrichment' | 'enrichmentMoves' | 'enrichmentMapping' | 'payloadKey'>>;

/** Where outputs go: the receivers' names in the topology. */
export const CRM_SINK = 'crm';
export const CONVERSATION_SINK = 'conversation';
export const TIMER_SINK = 'timers';
export const ENRICHMENT_SINK = 'enrich';
export const WEBHOOK_SINK = 'webhooks';

export const conversationsStage = (
  settings: Settings,
  metrics: Metrics,
  decodeEvent = eventDecoder({ customers: settings.enrichment === 'on' }),
): PartitionStage<Observation, ConversationState> => ({
  kind: 'partition',
  name: 'conversations',
  does: 'Turns native frames and envelopes into participant moves and SLA outcomes, exactly once and in order, and says what changed to the CRM and the conversation.',
  from: 'partition log',
  to: {
    [CRM_SINK]: 'sync-crm',
    [CONVERSATION_SINK]: 'update-conversation',
    [TIMER_SINK]: 'sla-deadlines',
    [ENRICHMENT_SINK]: 'look-up-customer',
    [WEBHOOK_SINK]: 'deliver-webhooks',
  },
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

/** One observation: what it moves, what that does to promises, and what is to be said of both, and to whom. */
function applyWith(settings: Settings, metrics: Metrics): PartitionHandler<Observation, ConversationState>['apply'] {
  const rules = slaRulesFrom(settings.slaRules);
  const tell = tellerOf(settings);
  const enrich = enricherOf(settings);
  return (known, observation) => {
    const { receivedAt } = observation;
    const facts = reduce(known, observation);
    const { reduction, timer } = followSla(facts, observation, rules);
    const { state: told, update } = tell(reduction);
    const { state, changed, request } = enrich(
      told === reduction.state ? reduction : { ...reduction, state: told },
      observation,
    );
    // a timer that was only set anew is nobody's news
    const records = facts.changed || reduction.events.length > 0 ? crmRecords(reduction, rules) : [];
    measure(metrics, observation, reduction, records);
    const outputs = records.map((record) => crmOutput(record, receivedAt));
    if (update !== undefined) outputs.push(conversationOutput(update, receivedAt));
    if (timer !== undefined) outputs.push(timerOutput(timer, receivedAt));
    if (request !== undefined) outputs.push({ sink: ENRICHMENT_SINK, receivedAt, payload: request });
    outputs.push(...webhookOutputs(reduction, receivedAt));
    return {
      state,
      changed,
      ttlMs: ttlOf(state, receivedAt, settings),
      liveSince: state.phase === 'open' ? state.startedAt : undefined,
      outputs,
      counters: countersOf(known, reduction, outputs),
    };
  };
}

/** Never forgotten before its timer has rung: the breach would never come. */
function ttlOf({ phase, sla }: ConversationState, now: number, settings: Settings): number {
  const endedMs = settings.stateEndedTtlMinutes * 60_000;
  const base = phase === 'open' ? settings.stateOpenTtlHours * 3_600_000 : endedMs;
  return sla?.timer === undefined ? base : Math.max(base, sla.timer.at - now + endedMs);
}

/** What is told to the conversation; nothing where no target is named. */
function tellerOf(settings: UpdateSettings): (reduction: Reduction) => Telling {
  const {
    conversationUpdateTarget: target,
    conversationUpdateMoves: moves,
    conversationUpdateFields: fields,
  } = settings;
  if (target === undefined || target === 'none' || moves === undefined || fields === undefined) {
    return ({ state }) => ({ state, update: undefined });
  }
  const rule = updateRule(moves, fields);
  return (reduction) => tellConversation(rule, reduction);
}

interface Enriching {
  readonly state: ConversationState;
  readonly changed: boolean;
  readonly request: EnrichmentRequest | undefined;
}

/** Who the customer is, kept sealed, and whether the CRM is to be asked of them now; nothing where enrichment is off. */
function enricherOf(settings: EnrichmentSettings): (reduction: Reduction, observation: Observation) => Enriching {
  const { enrichment, enrichmentMoves, enrichmentMapping, payloadKey } = settings;
  if (enrichment !== 'on' || enrichmentMoves === undefined || payloadKey === undefined) {
    return ({ state, changed }) => ({ state, changed, request: undefined });
  }
  const causes = enrichmentCauses(enrichmentMoves);
  const keep = identityKeeper(sealWith(payloadKey), attributesOf(loadLookupMapping(enrichmentMapping)));
  return (reduction, observation) => {
    const kept = keep(reduction, observation);
    const state = noteShown(kept.state, observation);
    return { ...requestEnrichment(causes, { ...kept, state }), changed: kept.changed || state !== kept.state };
  };
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

/** Whether anybody listens is known where it is received. */
const webhookOutputs = ({ state: { conversationId }, events }: Reduction, receivedAt: number): Output[] =>
  events
    .filter(isSlaEvent)
    .map((event) => ({ sink: WEBHOOK_SINK, receivedAt, payload: slaNews(conversationId, event) }));

/** An update says all that the earlier ones said, too. */
function conversationOutput(update: ConversationUpdate, receivedAt: number): Output {
  return { sink: CONVERSATION_SINK, receivedAt, payload: update, replaces: update.recordId };
}

/** Kept with the partition, in the commit: exact whatever dies. */
function countersOf(
  known: ConversationState | undefined,
  reduction: Reduction,
  outputs: readonly Output[],
): [string, number][] {
  const counters: [string, number][] = [];
  // with those of a batch that fold into one they make up all that the partition has put out
  const unfolded = outputs.filter(({ replaces }) => replaces === undefined).length;
  if (unfolded > 0) counters.push(['n:unfolded', unfolded]);
  const moves = reduction.events.filter(({ kind }) => kind === 'participant.moved').length;
  if (moves > 0) counters.push(['n:moves', moves]);
  for (const { reason } of reduction.refusals) counters.push([`n:refused:${reason}`, 1]);
  for (const [status, by] of slaTally(known, reduction)) if (by !== 0) counters.push([`n:sla:${status}`, by]);
  for (const { objective, outcome, by } of objectiveTally(known, reduction)) {
    counters.push([`n:objective:${objective}:${outcome}`, by]);
  }
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
