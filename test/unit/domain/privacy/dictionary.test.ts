// The known person's own values, wherever they stand.
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../../../src/domain/privacy/pii.ts';
import { marked, unmarked } from './found.ts';

const ANNA: Profile = {
  names: ['Anna-Lena Þórsdóttir'],
  emails: ['anna@example.org'],
  phones: ['+31612345678'],
  addresses: ['Main Road 12'],
  ids: ['KD-77881'],
};
const WILL: Profile = { names: ['Will van May'] };

describe('what is known of a person', () => {
  test.each([
    ['yes ⟦NAME:anna lena thorsdottir⟧ here'],
    ['⟦NAME:ANNA⟧, ⟦NAME:Þórsdóttir⟧’s order'],
    ['ticket ⟦PHONE_NUMBER:0612345678⟧ and order ⟦PHONE_NUMBER:six one two three four five six seven eight⟧'],
    ['customer ⟦NATIONAL_ID:kd 77881⟧ at ⟦ADDRESS:main road 12⟧'],
    ['annabel and joanna wait'],
  ])('%s', (text) => {
    expect(marked(unmarked(text), { profile: ANNA })).toBe(text);
  });

  test.each([
    ['i will pay in may, will you van?'],
    ['thank you ⟦NAME:will⟧, hi ⟦NAME:Will⟧'],
    ['⟦NAME:will van may⟧ calling'],
    ['Thanks\n⟦NAME:Will⟧'],
    ['i told ⟦NAME:Will⟧ so'],
  ])('a name that is a word too: %s', (text) => {
    expect(marked(unmarked(text), { profile: WILL })).toBe(text);
  });

  test('an empty profile finds nothing', () => {
    expect(marked('a b c', { profile: { names: ['', 'a'], emails: [''], phones: ['12'], ids: ['b'] } })).toBe('a b c');
  });
});
