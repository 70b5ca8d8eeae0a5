// What a conversation is told: on which moves, in which words, and that each telling says all that came before.
import { describe, expect, it } from 'vitest';
import type { ParticipantMoved } from '../../../src/domain/conversation/events.ts';
import type { Reduction } from '../../../src/domain/conversation/reduce.ts';
import type { ConversationState, ParticipantStateName } from '../../../src/domain/conversation/state.ts';
import { conversationUpdateSchema, tellConversation, updateRule } from '../../../src/domain/conversation-update.ts';

const T = Date.parse('2026-03-02T18:30:00Z');

const state: ConversationState = {
  v: 1,
  conversationId: 'c-1',
  phase: 'open',
  media: 'voice',
  queueId: 'q-1',
  startedAt: T,
  asOf: T,
  bornAt: T,
  version: 4,
  participants: { 'p-1': { purpose: 'agent', userId: 'u-1', state: 'active', since: T } },
};
const moved = (to: ParticipantStateName, at: number, participantId = 'p-1'): ParticipantMoved => ({
  kind: 'participant.moved',
  participantId,
  purpose: 'agent',
  from: 'joined',
  to,
  at,
});
const after = (known: ConversationState, ...events: ParticipantMoved[]): Reduction => ({
  state: { ...known, version: known.version + 1 },
  changed: true,
  events,
  refusals: [],
});
const byDefault = updateRule('active', 'participantState={participantState}');

describe('an update', () => {
  it('says by default that a participant became active, when, and who', () => {
    const { state: next, update } = tellConversation(byDefault, after(state, moved('active', T + 1)));
    const fields = { participantState: { value: 'active', at: T + 1, source: 'p-1' } };
    expect(update).toEqual({ recordId: 'c-1', conversationId: 'c-1', version: T + 5, fields });
    expect(conversationUpdateSchema.parse(update)).toEqual(update);
    expect(next.told).toEqual(fields);
  });

  it('is made for the named moves only', () => {
    expect(tellConversation(byDefault, after(state, moved('left', T))).update).toBeUndefined();
    const rule = updateRule('held,left', 'participantState={participantState}');
    expect(tellConversation(rule, after(state, moved('active', T))).update).toBeUndefined();
    expect(tellConversation(rule, after(state, moved('left', T))).update?.fields).toMatchObject({
      participantState: { value: 'left' },
    });
  });

  it('fills its templates; one that speaks of something unknown is left out', () => {
    const rule = updateRule('active', 'line={purpose} {userId} in {queueId},since={at},medium={media}');
    const values = (participantId: string) => {
      const { update } = tellConversation(rule, after(state, moved('active', T, participantId)));
      return Object.fromEntries(Object.entries(update?.fields ?? {}).map(([key, { value }]) => [key, value]));
    };
    const since = '2026-03-02T18:30:00.000Z';
    expect(values('p-1')).toEqual({ line: 'agent u-1 in q-1', since, medium: 'voice' });
    expect(values('p-unknown')).toEqual({ since, medium: 'voice' });
  });

  it('holds what was told before, and what happened earlier than that changes nothing', () => {
    const rule = updateRule('active,held', 'participantState={participantState}');
    const first = tellConversation(rule, after(state, moved('held', T + 9, 'p-2')));
    const late = tellConversation(rule, after(first.state, moved('active', T + 5)));
    expect(late.update).toBeUndefined();
    expect(late.state.told).toEqual(first.update?.fields);
    const newer = tellConversation(rule, after(late.state, moved('active', T + 10)));
    expect(newer.update?.fields).toMatchObject({ participantState: { value: 'active', at: T + 10 } });
    expect(newer.update?.version).toBeGreaterThan(first.update?.version ?? Infinity);
  });
});
