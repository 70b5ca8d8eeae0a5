// What can be promised of a conversation, and how a promise stands. Invariant: both sets are bounded and their words are
// the same in configuration, state, CRM records and metric labels.

export const OBJECTIVES = [
  /** From sent to the receipt of delivery, of every message. */
  'messageDelivery',
  /** From sent to the receipt of reading, of every message that goes out on a channel that reports reading. */
  'messageRead',
  /** From the entry into a queue to the first agent on the line. */
  'voiceAnswer',
  /** From the customer's first message (else the entry into a queue) to the first agent's message (else connection). */
  'firstResponse',
] as const;
export type Objective = (typeof OBJECTIVES)[number];

export const OUTCOMES = ['pending', 'at_risk', 'met', 'breach'] as const;
export type Outcome = (typeof OUTCOMES)[number];
