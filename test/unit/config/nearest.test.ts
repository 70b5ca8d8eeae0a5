// Hints help with slips, and stay silent rather than guess.
import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../../src/config/nearest.ts';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['port', 'prot', 1],
  ['port', 'ports', 1],
  ['port', 'pork', 1],
  ['kitten', 'sitting', 3],
])('%s and %s are %i apart', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test('the nearest name is offered only when it is near', () => {
  expect(nearest('API_PROT', ['API_PORT', 'API_HOST'])).toBe('API_PORT');
  expect(nearest('COFFEE', ['API_PORT', 'API_HOST'])).toBeUndefined();
  expect(nearest('A'.repeat(101), ['A'.repeat(100)])).toBeUndefined();
});
