// Which promises begin with what was told. Invariants: a message's begin when it is first seen, under the rule that holds
// then and there; one about the whole conversation begins once in its life; a later transfer changes neither.
import { latest } from '../conversation/facts.ts';
import type { MessageEvent } from '../conversation/events.ts';
import type { Reduction } from '../conversation/reduce.ts';
import type { Observation } from '../observation.ts';
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
  const begin = (objective: Objective, startedAt: number, messageId?: string): void => {
    const term = rules.termOf(objective, state, startedAt);
    if (term === undefined) return;
    begun.push({ objective, ...(messageId === undefined ? {} : { messageId }), stage: 'waiting', ...term });
  };
  for (const event of events) {
    if (event.kind !== 'message.observed') continue;
    const { message, messageId } = event;
    begin('messageDelivery', message.sentAt, messageId);
    if (message.direction === 'outbound' && rules.reportsReading(state.media, channelOf(event, observation))) {
      begin('messageRead', message.sentAt, messageId);
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

/** The state keeps no channel: it is asked for once, of the frame that first showed the message. */
function channelOf({ participantId, messageId }: MessageEvent, { participants }: Observation): string | undefined {
  const told = participants.find((participant) => participant.participantId === participantId);
  return told?.messages?.find((message) => message.messageId === messageId)?.channel;
}

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
