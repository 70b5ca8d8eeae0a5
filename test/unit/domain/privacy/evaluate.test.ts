// The figures of an evaluation, by hand.
import { expect, test } from 'vitest';
import { evaluation } from '../../../../src/domain/privacy/evaluate.ts';

test('found whole, found in part, found beside, and destroyed', () => {
  const scores = evaluation();
  const text = 'Jane aa@b.co 0612345678 Paul fine';
  scores.add({
    text,
    profile: { names: ['Jane Doe'] },
    gold: [
      { start: 0, end: 4, type: 'PERSON' },
      { start: 5, end: 12, type: 'EMAIL' },
      { start: 13, end: 23, type: 'PHONE_NUMBER' },
      { start: 24, end: 28, type: 'PERSON' },
    ],
    found: [
      { start: 0, end: 4, type: 'NAME' },
      { start: 5, end: 12, type: 'EMAIL_ADDRESS' },
      { start: 13, end: 20, type: 'PHONE_NUMBER' },
      { start: 29, end: 33, type: 'PHONE_NUMBER' },
    ],
  });
  const result = scores.result();
  expect(result).toMatchObject({ messages: 1, recall: 0.6667, precision: 0.75, f1: 0.7059, destroyed: 1 });
  expect(result.types).toEqual([
    { type: 'EMAIL_ADDRESS', gold: 1, recalled: 1, found: 1, right: 1, recall: 1, precision: 1, f1: 1 },
    { type: 'NAME', gold: 1, recalled: 1, found: 1, right: 1, recall: 1, precision: 1, f1: 1 },
    { type: 'PHONE_NUMBER', gold: 1, recalled: 0, found: 2, right: 1, recall: 0, precision: 0.5, f1: 0 },
  ]);
  // Paul is nobody's profile
  expect(result.beyond).toEqual([
    { type: 'NAME', gold: 1, recalled: 0, found: 0, right: 0, recall: 0, precision: null, f1: null },
  ]);
});

test('nothing labelled, nothing found: no figure is made up', () => {
  const scores = evaluation();
  scores.add({ text: '', profile: undefined, gold: [], found: [] });
  expect(scores.result()).toEqual({
    messages: 1,
    recall: null,
    precision: null,
    f1: null,
    destroyed: 0,
    types: [],
    beyond: [],
  });
});
