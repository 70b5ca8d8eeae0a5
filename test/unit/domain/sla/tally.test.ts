// The tallies: told event by event, they add up to one count a message and one an objective of a conversation.
import { describe, expect, it } from 'vitest';
import { reduce } from '../../../../src/domain/conversation/reduce.ts';
import { objectiveTally, slaTally } from '../../../../src/domain/conversation/sla-tally.ts';
import type { ConversationState } from '../../../../src/domain/conversation/state.ts';
import type { Observation } from '../../../../src/domain/observation.ts';
import { followSla } from '../../../../src/domain/sla/follow.ts';
import { DEFAULT_SLA_RULES } from '../../../../src/domain/sla/rules.ts';
import { at } from '../build.ts';
import { message, thread } from './life.ts';

const seen = (status: Parameters<typeof message>[0], minute: number): Observation =>
  thread(minute * 60, message(status));
const clock = (minute: number): Observation => ({
  conversationId: 'conversation-1',
  source: 'clock',
  receivedAt: at(minute * 60 + 1),
  participants: [],
});

function totals(observations: readonly Observation[]) {
  let state: ConversationState | undefined;
  const counts: Record<string, number> = {};
  const objectives: Record<string, number> = {};
  for (const observation of observations) {
    const { reduction } = followSla(reduce(state, observation), observation, DEFAULT_SLA_RULES);
    for (const [status, by] of slaTally(state, reduction)) counts[status] = (counts[status] ?? 0) + by;
    for (const { objective, outcome, by } of objectiveTally(state, reduction)) {
      objectives[`${objective} ${outcome}`] = (objectives[`${objective} ${outcome}`] ?? 0) + by;
    }
    if (reduction.changed) ({ state } = reduction);
  }
  return { messages: withoutZeros(counts), objectives: withoutZeros(objectives) };
}

const withoutZeros = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

describe('the SLA tally', () => {
  it.each([
    ['sent', [seen('sent', 0)], { missing_receipt: 1 }],
    ['delivered in time', [seen('sent', 0), seen('delivery-success', 1)], { compliant: 1 }],
    ['delivered late', [seen('sent', 0), seen('delivery-success', 9)], { breach: 1 }],
    ['never delivered', [seen('sent', 0), clock(5), clock(30), clock(31)], { breach: 1 }],
    ['never read', [seen('sent', 0), seen('delivery-success', 1), clock(5), clock(30)], { breach: 1 }],
    ['read late', [seen('sent', 0), seen('delivery-success', 1), seen('read', 40)], { breach: 1 }],
    ['told twice', [seen('sent', 0), seen('sent', 4), seen('delivery-success', 4)], { compliant: 1 }],
  ] as const)('%s counts once', (_name, observations, expected) => {
    expect(totals(observations).messages).toEqual(expected);
  });

  it.each([
    ['waiting', [seen('sent', 0)], { 'messageDelivery pending': 1, 'messageRead pending': 1 }],
    ['at risk', [seen('sent', 0), clock(4)], { 'messageDelivery at_risk': 1, 'messageRead pending': 1 }],
    [
      'kept after it was at risk',
      [seen('sent', 0), clock(4), seen('delivery-success', 4.5)],
      { 'messageDelivery met': 1, 'messageRead pending': 1 },
    ],
    [
      'missed, and kept too late',
      [seen('sent', 0), clock(5), clock(30), seen('read', 40)],
      { 'messageDelivery breach': 1, 'messageRead breach': 1 },
    ],
  ] as const)('an objective that is %s counts once, under that', (_name, observations, expected) => {
    expect(totals(observations).objectives).toEqual(expected);
  });
});
