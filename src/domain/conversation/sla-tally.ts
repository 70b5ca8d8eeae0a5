// How a reduction changes the counts of messages by SLA status and of objectives by outcome. Invariant: added up over all
// reductions, each message, and each objective of a conversation, counts once, under where it stands now.
import { messageOf } from '../sla/facts.ts';
import { messageSla, type SlaStatus } from '../sla/message-sla.ts';
import { OBJECTIVES, type Objective, type Outcome } from '../sla/objectives.ts';
import type { Reduction } from './reduce.ts';
import type { ConversationState } from './state.ts';

/** Statuses whose count changes, with +1 or -1 a message. */
export function slaTally(before: ConversationState | undefined, reduction: Reduction): Map<SlaStatus, number> {
  const tally = new Map<SlaStatus, number>();
  const add = (status: SlaStatus | undefined, by: number): void => {
    if (status !== undefined) tally.set(status, (tally.get(status) ?? 0) + by);
  };
  for (const messageId of touchedMessages(reduction)) {
    const after = statusIn(reduction.state, messageId);
    // one that is not remembered any more keeps the count it had
    if (after === undefined) continue;
    add(before && statusIn(before, messageId), -1);
    add(after, 1);
  }
  return tally;
}

export interface ObjectiveChange {
  readonly objective: Objective;
  readonly outcome: Outcome;
  readonly by: 1 | -1;
}

export function objectiveTally(before: ConversationState | undefined, { state }: Reduction): ObjectiveChange[] {
  // most events move no promise
  if (before?.sla?.outcomes === state.sla?.outcomes) return [];
  return OBJECTIVES.flatMap((objective): ObjectiveChange[] => {
    const [from, to] = [before?.sla?.outcomes[objective], state.sla?.outcomes[objective]];
    if (from === to) return [];
    return [
      ...(from === undefined ? [] : [{ objective, outcome: from, by: -1 } as const]),
      ...(to === undefined ? [] : [{ objective, outcome: to, by: 1 } as const]),
    ];
  });
}

/** Ids of the messages that were seen, moved or missed, each once. */
export function touchedMessages({ events }: Reduction): ReadonlySet<string> {
  const touched = new Set<string>();
  for (const event of events) {
    if (event.kind === 'message.observed' || event.kind === 'message.status' || event.kind === 'message.late') {
      touched.add(event.messageId);
    }
  }
  return touched;
}

function statusIn(state: ConversationState, messageId: string): SlaStatus | undefined {
  const message = messageOf(state, messageId);
  return message && messageSla(message, messageId, state.sla).status;
}
