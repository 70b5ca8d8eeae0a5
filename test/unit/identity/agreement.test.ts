// The figures of an evaluation, on partitions small enough to count by hand.
import { expect, test } from 'vitest';
import { agreement, truthSchema } from '../../../src/domain/identity/agreement.ts';

const truths = (rows: readonly object[]) =>
  new Map(rows.map((row) => truthSchema.parse(row)).map((truth) => [truth.id, truth]));

test('pairs are counted once, right and wrong', () => {
  const known = truths([
    { id: 'a', cluster: 1 },
    { id: 'b', cluster: 1 },
    { id: 'c', cluster: 1 },
    { id: 'd', cluster: 2 },
  ]);
  // Right: ab. Wrong: cd. Missed: ac, bc
  expect(
    agreement(
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
      known,
    ),
  ).toMatchObject({
    scored: 4,
    precision: 1 / 2,
    recall: 1 / 3,
    profiles: 2,
    persons: 2,
    mixed: 1,
    mixedOutsideTraps: 1,
  });
});

test('what could not be linked counts neither way, what is ambiguous not at all', () => {
  const known = truths([
    { id: 'a', person: 'p', linkable: 'p#0', trap: ['household_phone'] },
    { id: 'b', person: 'p', linkable: 'p#1' },
    { id: 'c', person: 'q', linkable: 'q#0', ambiguous: true },
    { id: 'd', person: 'r', linkable: 'r#0' },
  ]);
  expect(agreement([['a', 'b', 'c'], ['d']], known)).toMatchObject({ scored: 3, precision: 1, recall: 1, mixed: 0 });
  expect(
    agreement(
      [
        ['a', 'd'],
        ['b', 'c'],
      ],
      known,
    ),
  ).toMatchObject({ precision: 0, mixed: 1, mixedOutsideTraps: 0 });
});

test('nothing predicted is not wrong, but finds nothing', () => {
  const known = truths([
    { id: 'a', cluster: 'x' },
    { id: 'b', cluster: 'x' },
  ]);
  expect(agreement([['a'], ['b']], known)).toMatchObject({ precision: 1, recall: 0, f1: 0 });
});

test('truth must say who', () => {
  expect(truthSchema.safeParse({ id: 'a' }).success).toBe(false);
});
