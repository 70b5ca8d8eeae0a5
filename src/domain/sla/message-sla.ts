// The service level of one message, in the contract's words. Invariant: a function of the stored state alone: a receipt
// that never comes is missing until its deadline's timer has rung, and a breach from then on.
import type { ConversationState, MessageState } from '../conversation/state.ts';
import type { Objective } from './objectives.ts';

export const SLA_STATUSES = ['compliant', 'missing_receipt', 'breach'] as const;
export type SlaStatus = (typeof SLA_STATUSES)[number];

export interface MessageSla {
  readonly status: SlaStatus;
  readonly deliveryBreach: boolean;
  readonly readBreach: boolean;
  /** From sent to receipt; null while there is no receipt. */
  readonly metrics: { readonly deliverySeconds: number | null; readonly readSeconds: number | null };
}

export function messageSla(message: MessageState, messageId: string, sla: ConversationState['sla']): MessageSla {
  const isLate = (objective: Objective): boolean =>
    sla?.deadlines.some((one) => one.stage === 'late' && one.messageId === messageId && one.objective === objective) ??
    false;
  // what is read was delivered, whether or not that receipt ever came
  const deliverySeconds = secondsSince(message.sentAt, message.deliveredAt ?? message.readAt);
  const readSeconds = secondsSince(message.sentAt, message.readAt);
  const deliveryBreach = isLate('messageDelivery');
  const readBreach = isLate('messageRead');
  const status = deliveryBreach || readBreach ? 'breach' : deliverySeconds === null ? 'missing_receipt' : 'compliant';
  return { status, deliveryBreach, readBreach, metrics: { deliverySeconds, readSeconds } };
}

/** The worst of a conversation's messages and objectives; null where there is none to speak of. A late message is one. */
export function worstStatus(messages: readonly MessageState[], sla: ConversationState['sla']): SlaStatus | null {
  const outcomes = sla === undefined ? [] : Object.values(sla.outcomes);
  if (outcomes.includes('breach')) return 'breach';
  if (messages.some(({ deliveredAt, readAt }) => (deliveredAt ?? readAt) === undefined)) return 'missing_receipt';
  return messages.length > 0 || outcomes.includes('met') ? 'compliant' : null;
}

/** Clocks of two machines: a receipt before its message took no time. */
const secondsSince = (from: number, to: number | undefined): number | null =>
  to === undefined ? null : Math.max(0, to - from) / 1000;
