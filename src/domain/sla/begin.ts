// Which promises begin with what was told. Invariants: a message's begin when it is first seen, under the rule that holds
// then and there; one about the whole conversation begins once in its life; a later transfer changes neither.
import { latest } from '../conversation/facts.ts';
import type { MessageEvent } from '../conversation/events.ts';
import type { Reduction } from '../conversation/reduce.ts';
import type { MessageFact, Observation } from '../observation.ts';
import { CONVERSATION_OBJECTIVES, startOf } from './facts.ts';
import type { Objective } from './objectives.ts';
import type { SlaRules } from './rules.ts';
import { DEADLINE_LIMIT, type Deadline, type SlaState } from './state.ts';

export function beginDeadlines(
  known: SlaState,
  { state, events }: Reduction,
  observation: Observation,
  rules: SlaRules,
): readonly Deadline[] {
  const begun: Deadline[] = [];
  const begin = (objective: Objective, startedAt: number, messageId?: string, learntAt?: number): void => {
    const term = rules.termOf(objective, state, startedAt);
    // done before we ever heard of it, and nobody says when: it can have been in time
    if (term === undefined || (learntAt !== undefined && learntAt > term.dueAt)) return;
    begun.push({ objective, ...(messageId === undefined ? {} : { messageId }), stage: 'waiting', ...term });
  };
  for (const event of events) {
    if (event.kind !== 'message.observed') continue;
    const { message, messageId } = event;
    const told = toldOf(event, observation);
    const deliveryTold = told?.deliveredAt ?? told?.readAt;
    begin('messageDelivery', message.sentAt, messageId, learnt(message.deliveredAt, deliveryTold));
    if (message.direction === 'outbound' && rules.reportsReading(state.media, told?.channel)) {
      begin('messageRead', message.sentAt, messageId, learnt(message.readAt, told?.readAt));
    }
  }
  for (const objective of CONVERSATION_OBJECTIVES) {
    if (!rules.promises(objective) || known.outcomes[objective] !== undefined) continue;
    const startedAt = startOf(objective, state);
    // whoever went away and comes back waits anew
    if (startedAt !== undefined) begin(objective, latest(startedAt, reopenedAt(events)) ?? startedAt);
  }
  return begun.length === 0 ? known.deadlines : bounded(known.deadlines, begun);
}

const reopenedAt = (events: Reduction['events']): number | undefined =>
  events.find(({ kind }) => kind === 'conversation.reopened')?.at;

/** The frame that first showed the message: the state keeps neither its channel nor whether a time was told. */
function toldOf({ participantId, messageId }: MessageEvent, { participants }: Observation): MessageFact | undefined {
  const told = participants.find((participant) => participant.participantId === participantId);
  return told?.messages?.find((message) => message.messageId === messageId);
}

/** A receipt's time where it is only that of our learning of it. */
const learnt = (known: number | undefined, told: number | undefined): number | undefined =>
  told === undefined ? known : undefined;

function bounded(known: readonly Deadline[], begun: readonly Deadline[]): readonly Deadline[] {
  let excess = known.length + begun.length - DEADLINE_LIMIT;
  if (excess <= 0) return [...known, ...begun];
  const kept = known.filter(({ stage }) => {
    if (excess <= 0 || stage !== 'late') return true;
    excess -= 1;
    return false;
  });
  return [...kept, ...begun].slice(0, DEADLINE_LIMIT);
}
