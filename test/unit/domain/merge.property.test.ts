// The merge rule as a law: whatever the order, the grouping and the repeats, all replicas end with the same fields.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEmpty, merge, newerIn, type Fields, type Said } from '../../../src/domain/merge.ts';
import { check } from './property.ts';

/** Few keys, times and sources, so that ties happen. */
const key = fc.constantFrom('state', 'owner', 'note', '__proto__', 'toString');
const value = fc.oneof(fc.constantFrom('a', 'b', '1', 'true'), fc.constantFrom(0, 1), fc.boolean());
const said: fc.Arbitrary<Said> = fc.record({
  value,
  at: fc.integer({ min: 0, max: 3 }),
  source: fc.constantFrom('x', 'y'),
});
const fields: fc.Arbitrary<Fields> = fc
  .array(fc.tuple(key, said), { maxLength: 8 })
  .map((entries) => Object.fromEntries(entries));

/** As text, for `toEqual` overlooks a key named like a member of Object. */
const text = (all: Fields): string =>
  JSON.stringify(Object.entries(all).toSorted(([one], [other]) => (one < other ? -1 : 1)));

describe('merge', () => {
  it('is commutative', () => {
    const law = fc.property(fields, fields, (a, b) => {
      expect(text(merge(a, b))).toBe(text(merge(b, a)));
    });
    check('commutative', law);
  });

  it('is associative', () => {
    const law = fc.property(fields, fields, fields, (a, b, c) => {
      expect(text(merge(merge(a, b), c))).toBe(text(merge(a, merge(b, c))));
    });
    check('associative', law);
  });

  it('is idempotent, and what it knows already is no news', () => {
    const law = fc.property(fields, fields, (a, b) => {
      expect(text(merge(a, a))).toBe(text(a));
      expect(isEmpty(newerIn(b, merge(a, b)))).toBe(true);
    });
    check('idempotent', law);
  });

  it('loses no key, makes up no value, and never goes back in time', () => {
    const law = fc.property(fields, fields, (a, b) => {
      const merged = new Map(Object.entries(merge(a, b)));
      const told = [...Object.entries(a), ...Object.entries(b)];
      for (const [name, one] of told) expect(merged.get(name)?.at).toBeGreaterThanOrEqual(one.at);
      for (const [name, kept] of merged) expect(told).toContainEqual([name, kept]);
    });
    check('keeps', law);
  });
});

describe('by example', () => {
  const at = (time: number, written: string, source = 'x'): Said => ({ value: written, at: time, source });

  it('disjoint keys both survive; on one key the newer event wins, whoever comes first', () => {
    const [one, other] = [
      { state: at(2, 'active'), owner: at(1, 'ann') },
      { state: at(1, 'joined'), note: at(9, 'hi') },
    ];
    const expected = { state: at(2, 'active'), owner: at(1, 'ann'), note: at(9, 'hi') };
    expect(merge(one, other)).toEqual(expected);
    expect(merge(other, one)).toEqual(expected);
  });

  it('of one instant the later source wins, then the later value', () => {
    expect(merge({ state: at(1, 'b', 'x') }, { state: at(1, 'a', 'y') })).toEqual({ state: at(1, 'a', 'y') });
    expect(merge({ state: at(1, 'b') }, { state: at(1, 'a') })).toEqual({ state: at(1, 'b') });
  });
});
