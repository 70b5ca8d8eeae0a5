// Which values go where, and as what; onto whom; and who waits.
import { describe, expect, it } from 'vitest';
import type { ParticipantState } from '../../../../src/domain/conversation/state.ts';
import { customerIn, isWaiting } from '../../../../src/domain/conversation/customer.ts';
import { injectionContentSchema, splitValues } from '../../../../src/domain/enrichment/values.ts';

const limits = { maxAttributes: 2, maxValueChars: 5 };
const split = (values: Record<string, unknown>, targets = {}) =>
  splitValues(injectionContentSchema.parse({ values, targets }), 'participant', limits);

describe('values', () => {
  it.each([
    ['gold', 'gold'],
    ['', ''],
    [12.5, '12.5'],
    [false, 'false'],
    [[1], '[1]'],
  ])('%j goes to a participant as %j', (value, text) => {
    expect(split({ key: value }).texts).toEqual({ key: text });
  });

  it('keep their type among the custom attributes, but for what has parts', () => {
    const targets = { a: 'custom', b: 'custom' };
    expect(split({ a: 3, b: { c: 1 } }, targets)).toMatchObject({ texts: {}, typed: { a: 3 }, leftOut: [{ target: 'custom', why: 'over_limit' }] }); // prettier-ignore
    expect(split({ a: true, b: [1] }, targets).typed).toEqual({ a: true, b: '[1]' });
  });

  it('have room at each target for itself; the first come first', () => {
    const { texts, typed, leftOut } = split({ a: 1, b: 2, c: 3, d: 4 }, { d: 'custom' });
    expect([texts, typed]).toEqual([{ a: '1', b: '2' }, { d: 4 }]);
    expect(leftOut).toEqual([{ target: 'participant', why: 'over_limit' }]);
  });

  it('that are too long or null are left out, never cut', () => {
    expect(split({ long: '123456', none: null, e: '12345' })).toEqual({
      texts: { e: '12345' },
      typed: {},
      leftOut: [
        { target: 'participant', why: 'over_limit' },
        { target: 'participant', why: 'no_value' },
      ],
    });
  });

  it('named like a member of Object are values like any other', () => {
    expect(split(JSON.parse('{"constructor":"x","toString":1}') as Record<string, unknown>).texts).toEqual({
      constructor: 'x',
      toString: '1',
    });
  });
});

const person = (purpose: string, state: ParticipantState['state']): ParticipantState => ({ purpose, state, since: 1 });

describe('the customer', () => {
  it.each([
    [{ a: person('agent', 'active'), c: person('customer', 'active') }, 'c'],
    [{ gone: person('customer', 'left'), here: person('external', 'active') }, 'here'],
    [{ gone: person('customer', 'left') }, 'gone'],
    [{ a: person('agent', 'active') }, undefined],
  ])('of %j is %s', (participants, id) => {
    expect(customerIn(participants)).toBe(id);
  });

  it.each([
    ['joined', true],
    ['left', true],
    ['active', false],
    ['held', false],
  ] as const)('beside an agent who is %s waits: %s', (state, waits) => {
    const participants = { c: person('customer', 'active'), a: person('agent', state) };
    const known = { v: 1, conversationId: 'c', phase: 'open', media: 'voice', startedAt: 1, asOf: 1, bornAt: 1, version: 1 } as const; // prettier-ignore
    expect(isWaiting({ ...known, participants })).toBe(waits);
  });
});
