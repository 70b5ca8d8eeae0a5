// How a reduction changes the count of messages by SLA status. Invariant: added up over all reductions, each message
// counts once, under its latest status; so the status here is a function of the receipts alone, not of the hour.
import { messageSla, type SlaStatus, type TimedMessage } from '../sla.ts';
import type { Reduction } from './reduce.ts';
import type { ConversationState } from './state.ts';

/** Statuses whose count changes, with +1 or -1 a message. */
export function slaTally(before: ConversationState | undefined, reduction: Reduction): Map<SlaStatus, number> {
  const tally = new Map<SlaStatus, number>();
  const add = (status: SlaStatus, by: number): unknown => tally.set(status, (tally.get(status) ?? 0) + by);
  for (const event of reduction.events) {
    if (event.kind !== 'message.observed' && event.kind !== 'message.status') continue;
    const known = before?.participants[event.participantId]?.messages?.[event.messageId];
    if (known !== undefined) add(statusByReceipts(known), -1);
    add(statusByReceipts(event.message), 1);
  }
  return tally;
}

const statusByReceipts = (message: TimedMessage): SlaStatus =>
  messageSla(message, message.readAt ?? message.deliveredAt ?? message.sentAt).status;
