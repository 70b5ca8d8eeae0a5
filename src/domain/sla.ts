// Service levels, first form: receipts of messages. Pure: `now` is given. Invariant: a receipt that never comes is a
// breach from its deadline on, not never; before the deadline it is missing.
import type { Direction } from './observation.ts';

export interface MessageSlaRules {
  readonly deliverySeconds: number;
  readonly readSeconds: number;
}

export const MESSAGE_SLA_RULES: MessageSlaRules = { deliverySeconds: 300, readSeconds: 1800 };

export const SLA_STATUSES = ['compliant', 'missing_receipt', 'breach'] as const;
export type SlaStatus = (typeof SLA_STATUSES)[number];

export interface MessageSla {
  readonly status: SlaStatus;
  readonly deliveryBreach: boolean;
  readonly readBreach: boolean;
  /** From sent to receipt; null while there is no receipt. */
  readonly metrics: { readonly deliverySeconds: number | null; readonly readSeconds: number | null };
}

export interface TimedMessage {
  readonly direction: Direction;
  readonly sentAt: number;
  readonly deliveredAt?: number | undefined;
  readonly readAt?: number | undefined;
}

export function messageSla(message: TimedMessage, now: number, rules: MessageSlaRules = MESSAGE_SLA_RULES): MessageSla {
  // What is read was delivered, whether or not that receipt ever came.
  const deliverySeconds = secondsSince(message.sentAt, message.deliveredAt ?? message.readAt);
  const readSeconds = secondsSince(message.sentAt, message.readAt);
  const waited = secondsSince(message.sentAt, now) ?? 0;
  const deliveryBreach = (deliverySeconds ?? waited) > rules.deliverySeconds;
  // The platform tells nobody when an agent reads: only what goes out can miss its reading.
  const readBreach = message.direction === 'outbound' && (readSeconds ?? waited) > rules.readSeconds;
  const metrics = { deliverySeconds, readSeconds };
  if (deliveryBreach || readBreach) return { status: 'breach', deliveryBreach, readBreach, metrics };
  const status = deliverySeconds === null ? 'missing_receipt' : 'compliant';
  return { status, deliveryBreach, readBreach, metrics };
}

/** The worst of many; null of none. */
export function worstStatus(statuses: Iterable<SlaStatus>): SlaStatus | null {
  let worst = -1;
  for (const status of statuses) worst = Math.max(worst, SLA_STATUSES.indexOf(status));
  return SLA_STATUSES[worst] ?? null;
}

/** Clocks of two machines: a receipt before its message took no time. */
const secondsSince = (from: number, to: number | undefined): number | null =>
  to === undefined ? null : Math.max(0, to - from) / 1000;
