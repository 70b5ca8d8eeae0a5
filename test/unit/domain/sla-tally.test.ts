// The tally of messages by SLA status: told event by event, it adds up to one count a message.
import { describe, expect, it } from 'vitest';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import { slaTally } from '../../../src/domain/conversation/sla-tally.ts';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import type { MessageFact, Observation } from '../../../src/domain/observation.ts';

const sentAt = Date.UTC(2026, 2, 2, 9);
const minutes = (n: number): number => sentAt + n * 60_000;
const seen = (status: MessageFact['status'], receivedAt: number): Observation => ({
  conversationId: 'c',
  source: 'snapshot',
  receivedAt,
  participants: [
    {
      participantId: 'p',
      purpose: 'agent',
      media: 'message',
      activity: 'connected',
      connectedAt: sentAt,
      messages: [{ messageId: 'm', direction: 'outbound', status, sentAt, attachments: 0 }],
    },
  ],
});

function totals(observations: readonly Observation[]): Record<string, number> {
  let state: ConversationState | undefined;
  const counts: Record<string, number> = {};
  for (const observation of observations) {
    const reduction = reduce(state, observation);
    for (const [status, by] of slaTally(state, reduction)) counts[status] = (counts[status] ?? 0) + by;
    ({ state } = reduction);
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

describe('the SLA tally', () => {
  it.each([
    ['sent', [seen('sent', minutes(0))], { missing_receipt: 1 }],
    ['delivered in time', [seen('sent', minutes(0)), seen('delivery-success', minutes(1))], { compliant: 1 }],
    ['delivered late', [seen('sent', minutes(0)), seen('delivery-success', minutes(9))], { breach: 1 }],
    [
      'read late',
      [seen('sent', minutes(0)), seen('delivery-success', minutes(1)), seen('read', minutes(40))],
      { breach: 1 },
    ],
    [
      'told twice',
      [seen('sent', minutes(0)), seen('sent', minutes(9)), seen('delivery-success', minutes(2))],
      { compliant: 1 },
    ],
  ] as const)('%s counts once', (_name, observations, expected) => {
    expect(totals(observations)).toEqual(expected);
  });
});
