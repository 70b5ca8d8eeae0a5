// What the CRM is told: one record per conversation that changed and one per message. Invariants: a record has a stable
// `recordId`, and of two the higher `version` is the truth; ids, times and figures only, no names, addresses or text.
import { z } from 'zod';
import { isAgent, isCustomer } from './conversation/lifecycle.ts';
import type { Reduction } from './conversation/reduce.ts';
import { touchedMessages } from './conversation/sla-tally.ts';
import { conversationStateSchema, PARTICIPANT_STATES } from './conversation/state.ts';
import type { ConversationState, MessageState, ParticipantState, ParticipantStateName } from './conversation/state.ts';
import { MESSAGE_STATUSES } from './observation.ts';
import { messageOf } from './sla/facts.ts';
import { assessObjective } from './sla/judge.ts';
import { messageLateBy, messageSla, SLA_STATUSES, worstStatus } from './sla/message-sla.ts';
import { OBJECTIVES, OUTCOMES } from './sla/objectives.ts';
import type { SlaRules } from './sla/rules.ts';

const { media, phase, direction } = conversationStateSchema.shape;
const slaStatus = z.enum(SLA_STATUSES);
const time = z.iso.datetime();
const objectiveRecord = z.object({
  outcome: z.enum(OUTCOMES),
  /** The last instant in time: of what is waited for, or of what was missed first. */
  dueAt: time.nullable(),
  /** Of a breach: of several the most; null until the fact that would have kept it has come. */
  bySeconds: z.number().nullable(),
});
const messageResult = z.object({
  status: slaStatus,
  deliveryBreach: z.boolean(),
  readBreach: z.boolean(),
  metrics: z.object({ deliverySeconds: z.number().nullable(), readSeconds: z.number().nullable() }),
  /** Past the due time; null where it was kept, and until the receipt has come. Earlier versions left records without it. */
  lateBy: z
    .object({ deliverySeconds: z.number().nullable(), readSeconds: z.number().nullable() })
    .default({ deliverySeconds: null, readSeconds: null }),
});
const common = {
  /** What waits under one id is folded into one. */
  recordId: z.string().max(160),
  conversationId: z.string().max(64),
  version: z.number().int().min(1),
  media,
  attachmentsCount: z.number().int().min(0),
};

export const conversationRecordSchema = z.object({
  ...common,
  kind: z.literal('conversation'),
  messageId: z.null(),
  status: phase,
  direction: direction.unwrap().nullable(),
  /** Of the agent most involved; of the customer while there is no agent. */
  participantState: z.enum(PARTICIPANT_STATES).nullable(),
  queueId: z.string().nullable(),
  startedAt: time,
  endedAt: time.nullable(),
  /** Agents' talk, hold and after-call work; null until the conversation has ended. */
  handleSeconds: z.number().nullable(),
  holdSeconds: z.number().nullable(),
  /** The worst of its messages and objectives; null where nothing is promised or known yet. */
  slaStatus: slaStatus.nullable(),
  /** By objective; what does not apply is absent. */
  sla: z.partialRecord(z.enum(OBJECTIVES), objectiveRecord),
});

export const messageRecordSchema = z.object({
  ...common,
  kind: z.literal('message'),
  messageId: z.string().max(64),
  status: z.enum(MESSAGE_STATUSES),
  direction: direction.unwrap(),
  sentAt: time,
  deliveredAt: time.nullable(),
  readAt: time.nullable(),
  slaStatus,
  sla: messageResult,
});

export const crmRecordSchema = z.discriminatedUnion('kind', [conversationRecordSchema, messageRecordSchema]);

export type ConversationRecord = Readonly<z.infer<typeof conversationRecordSchema>>;
export type MessageRecord = Readonly<z.infer<typeof messageRecordSchema>>;
export type CrmRecord = ConversationRecord | MessageRecord;

/** The records of one reduction. */
export function crmRecords(reduction: Reduction, rules: SlaRules): CrmRecord[] {
  if (!reduction.changed) return [];
  const { state } = reduction;
  const records: CrmRecord[] = [conversationRecord(state, rules)];
  for (const messageId of touchedMessages(reduction)) {
    const message = messageOf(state, messageId);
    if (message !== undefined) records.push(messageRecord(state, messageId, message, rules));
  }
  return records;
}

function conversationRecord(state: ConversationState, rules: SlaRules): ConversationRecord {
  const participants = Object.values(state.participants);
  const messages = participants.flatMap((participant) => Object.values<MessageState>(participant.messages ?? {}));
  const agents = participants.filter((participant) => isAgent(participant.purpose));
  const customers = participants.filter((participant) => isCustomer(participant.purpose));
  const hasEnded = state.phase === 'ended';
  return {
    recordId: state.conversationId,
    kind: 'conversation',
    conversationId: state.conversationId,
    version: recordVersion(state),
    messageId: null,
    media: state.media,
    direction: state.direction ?? null,
    status: state.phase,
    participantState: mostInvolved(agents) ?? mostInvolved(customers) ?? null,
    queueId: state.queueId ?? null,
    startedAt: iso(state.startedAt),
    endedAt: isoOrNull(state.endedAt),
    handleSeconds: hasEnded ? sum(agents, handleMs) / 1000 : null,
    holdSeconds: hasEnded ? sum(agents, (agent) => agent.heldMs ?? 0) / 1000 : null,
    slaStatus: worstStatus(messages, state.sla),
    sla: objectiveRecords(state, rules),
    attachmentsCount: sum(messages, (message) => message.attachments),
  };
}

function objectiveRecords(state: ConversationState, rules: SlaRules): ConversationRecord['sla'] {
  const records: ConversationRecord['sla'] = {};
  if (state.sla === undefined) return records;
  for (const objective of OBJECTIVES) {
    const assessment = assessObjective(objective, state, rules);
    if (assessment.outcome === 'not_applicable') continue;
    const dueAt = 'dueAt' in assessment ? (assessment.dueAt ?? undefined) : undefined;
    const bySeconds = 'bySeconds' in assessment ? assessment.bySeconds : null;
    records[objective] = { outcome: assessment.outcome, dueAt: isoOrNull(dueAt), bySeconds };
  }
  return records;
}

function messageRecord(
  state: ConversationState,
  messageId: string,
  message: MessageState,
  rules: SlaRules,
): MessageRecord {
  const sla = messageSla(message, messageId, state.sla);
  return {
    recordId: `${state.conversationId}/${messageId}`,
    kind: 'message',
    conversationId: state.conversationId,
    version: recordVersion(state),
    messageId,
    media: state.media,
    direction: message.direction,
    status: message.status,
    sentAt: iso(message.sentAt),
    deliveredAt: isoOrNull(message.deliveredAt),
    readAt: isoOrNull(message.readAt),
    slaStatus: sla.status,
    sla: { ...sla, lateBy: messageLateBy(state, messageId, rules) },
    attachmentsCount: message.attachments,
  };
}

/** Grows with every change, and across a forgotten state too: no conversation changes once a millisecond for long. */
export const recordVersion = ({ bornAt, version }: ConversationState): number => bornAt + version;

const INVOLVEMENT: readonly ParticipantStateName[] = ['active', 'held', 'joined', 'pending', 'left', 'failed'];

const mostInvolved = (participants: readonly ParticipantState[]): ParticipantStateName | undefined =>
  INVOLVEMENT.find((state) => participants.some((participant) => participant.state === state));

/** Talk with its holds, and after-call work as far as it is known. */
function handleMs(agent: ParticipantState): number {
  const { connectedAt, endedAt, afterCallWorkStartedAt, afterCallWorkEndedAt } = agent;
  return span(connectedAt, endedAt) + span(afterCallWorkStartedAt, afterCallWorkEndedAt);
}

const span = (from: number | undefined, to: number | undefined): number =>
  from === undefined || to === undefined ? 0 : Math.max(0, to - from);

const sum = <T>(items: readonly T[], valueOf: (item: T) => number): number =>
  items.reduce((total, item) => total + valueOf(item), 0);

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : iso(ms));
