// What a conversation's state keeps of the customer's attributes: enough to know them again, nothing to read.
import { describe, expect, it } from 'vitest';
import { conversationStateSchema, type ConversationState } from '../../../src/domain/conversation/state.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import { isShown, noteShown } from '../../../src/sinks/attributes/shown.ts';

const begun: ConversationState = {
  v: 1,
  conversationId: 'c-1',
  phase: 'open',
  media: 'voice',
  startedAt: 1,
  asOf: 1,
  bornAt: 1,
  version: 1,
  participants: {
    customer: { purpose: 'customer', state: 'active', since: 1 },
    agent: { purpose: 'agent', state: 'active', since: 1 },
  },
};

const told = (
  attributes: Record<string, unknown> | undefined,
  participantId = 'customer',
  source: Observation['source'] = 'snapshot',
): Observation => ({ conversationId: 'c-1', source, receivedAt: 1, participants: [{ participantId, attributes }] });
const shows = ({ shown = {} }: ConversationState, name: string, value: string): boolean =>
  isShown(shown, 'c-1', [name, value]);

describe('a snapshot', () => {
  it('is known again by name and value, and holds neither', () => {
    const state = noteShown(begun, told({ tier: 'gold', city: 'Oslo' }));
    expect(shows(state, 'tier', 'gold')).toBe(true);
    expect([shows(state, 'tier', 'tin'), shows(state, 'city', 'gold'), shows(state, 'town', 'Oslo')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(JSON.stringify(state)).not.toMatch(/tier|gold|city|Oslo/);
  });

  it('that shows the same is no news, from memory or read back', () => {
    const state = noteShown(begun, told({ tier: 'gold' }));
    expect(noteShown(state, told({ tier: 'gold' }))).toBe(state);
    const readBack = conversationStateSchema.parse(JSON.parse(JSON.stringify(state)));
    expect(noteShown(readBack, told({ tier: 'gold' }))).toBe(readBack);
    expect(noteShown(readBack, told({ tier: 'gold' }))).toBe(readBack);
  });

  it('that shows another value, one more or one less is news', () => {
    const state = noteShown(begun, told({ tier: 'gold' }));
    const more = noteShown(state, told({ tier: 'tin', city: 'Oslo' }));
    expect([shows(more, 'tier', 'gold'), shows(more, 'tier', 'tin'), shows(more, 'city', 'Oslo')]).toEqual([
      false,
      true,
      true,
    ]);
    expect(noteShown(more, told({})).shown).toEqual({});
  });

  it('of another conversation looks different', () => {
    const other = noteShown({ ...begun, conversationId: 'c-2' }, told({ tier: 'gold' }));
    expect(Object.values(other.shown ?? {})).not.toEqual(
      Object.values(noteShown(begun, told({ tier: 'gold' })).shown ?? {}),
    );
  });

  it('of the bounds’ size is kept, no more', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, 'v']));
    const { shown = {} } = noteShown(begun, told(many));
    expect(Object.keys(shown)).toHaveLength(100);
    expect(JSON.stringify(shown).length).toBeLessThan(2500);
  });

  it.each([
    ['tells of an agent', told({ tier: 'gold' }, 'agent')],
    ['tells of no attributes', told(undefined)],
    ['is none', told({ tier: 'gold' }, 'customer', 'envelope')],
  ])('that %s changes nothing', (_name, observation) => {
    expect(noteShown(begun, observation)).toBe(begun);
  });
});
