// The service level of one message, in the contract's words. Invariant: a function of the stored state alone: a receipt
// that never comes is missing until its deadline's timer has rung, and a breach from then on.
import type { ConversationState, MessageState } from '../conversation/state.ts';
import { NO_HOUR, overdueSeconds } from './judge.ts';
import type { Objective } from './objectives.ts';
import type { SlaRules } from './rules.ts';
import type { Deadline } from './state.ts';

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
  // what is read was delivered, whether or not that receipt ever came
  const deliverySeconds = secondsSince(message.sentAt, message.deliveredAt ?? message.readAt);
  const readSeconds = secondsSince(message.sentAt, message.readAt);
  const deliveryBreach = missed(sla, messageId, 'messageDelivery') !== undefined;
  const readBreach = missed(sla, messageId, 'messageRead') !== undefined;
  const status = deliveryBreach || readBreach ? 'breach' : deliverySeconds === null ? 'missing_receipt' : 'compliant';
  return { status, deliveryBreach, readBreach, metrics: { deliverySeconds, readSeconds } };
}

/** By how much each promise was missed, as its rule counts time: null where it was not, and until its receipt has come. */
export interface MessageLateBy {
  readonly deliverySeconds: number | null;
  readonly readSeconds: number | null;
}

export function messageLateBy(conversation: ConversationState, messageId: string, rules: SlaRules): MessageLateBy {
  const by = (objective: Objective): number | null => {
    const deadline = missed(conversation.sla, messageId, objective);
    return deadline === undefined ? null : overdueSeconds(deadline, conversation, rules, NO_HOUR);
  };
  return { deliverySeconds: by('messageDelivery'), readSeconds: by('messageRead') };
}

const missed = (sla: ConversationState['sla'], messageId: string, objective: Objective): Deadline | undefined =>
  sla?.deadlines.find((one) => one.stage === 'late' && one.messageId === messageId && one.objective === objective);

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
