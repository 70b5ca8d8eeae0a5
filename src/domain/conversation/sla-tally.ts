// How a reduction changes the count of messages by SLA status. Invariant: added up over all reductions, each message
// counts once, under its latest status.
import { messageSla, type SlaStatus } from '../sla.ts';
import type { Reduction } from './reduce.ts';
import type { ConversationState } from './state.ts';

/** Statuses whose count changes, with +1 or -1 a message. */
export function slaTally(
  before: ConversationState | undefined,
  reduction: Reduction,
  now: number,
): Map<SlaStatus, number> {
  const tally = new Map<SlaStatus, number>();
  const add = (status: SlaStatus, by: number): unknown => tally.set(status, (tally.get(status) ?? 0) + by);
  for (const event of reduction.events) {
    if (event.kind !== 'message.observed' && event.kind !== 'message.status') continue;
    const known = before?.participants[event.participantId]?.messages?.[event.messageId];
    if (known !== undefined) add(messageSla(known, now).status, -1);
    add(messageSla(event.message, now).status, 1);
  }
  return tally;
}
