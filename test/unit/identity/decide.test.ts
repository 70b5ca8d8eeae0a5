// The decision between two: its bands, its symmetry, and that its explanation adds up.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareDates } from '../../../src/domain/identity/compare-dates.ts';
import { compareEmails } from '../../../src/domain/identity/compare-emails.ts';
import { compareNames } from '../../../src/domain/identity/compare-names.ts';
import { emailFrom, type Email } from '../../../src/domain/identity/email.ts';
import { explain } from '../../../src/domain/identity/explain.ts';
import { bandsOf } from '../../../src/domain/identity/bands.ts';
import { decide } from '../../../src/domain/identity/decide.ts';
import { merged } from '../../../src/domain/identity/features.ts';
import { nameFrom, type PersonName } from '../../../src/domain/identity/name.ts';
import { populationOf } from '../../../src/domain/identity/population.ts';
import { resolve } from '../../../src/domain/identity/resolve.ts';
import { PEOPLE, sighting } from './people.ts';

const all = PEOPLE.map(sighting);
const population = populationOf(all.map(({ features }) => features));
const bands = bandsOf();
const anyone = fc.constantFrom(...all);
/** A profile of one to five records. */
const profile = fc
  .array(anyone, { minLength: 1, maxLength: 5 })
  .map((held) => held.map(({ features }) => features).reduce(merged));

function name(text: string): PersonName {
  const read = nameFrom(text);
  if (read === undefined) throw new Error(`${text} is no name`);
  return read;
}
function email(text: string): Email {
  const read = emailFrom(text);
  if (read === undefined) throw new Error(`${text} is no address`);
  return read;
}

test('is the same from both sides, and its parts add up', () => {
  fc.assert(
    fc.property(profile, profile, (one, other) => {
      const decision = decide(one, other, population, { bands });
      expect(decide(other, one, population, { bands })).toEqual(decision);
      const sum = decision.contributions.reduce((total, { bits }) => total + bits, decision.prior);
      expect(sum).toBeCloseTo(decision.bits, 9);
      if (decision.vetoes.length > 0) expect(decision.band).not.toBe('match');
    }),
  );
});

test('merging is a set’s: order and repetition change nothing', () => {
  fc.assert(
    fc.property(profile, profile, profile, (one, other, third) => {
      expect(merged(one, other)).toEqual(merged(other, one));
      expect(merged(one, merged(other, third))).toEqual(merged(merged(one, other), third));
      expect(merged(one, one)).toEqual(one);
    }),
  );
});

describe('the bands', () => {
  test('are 75, 90 and 97 at the default', () => {
    expect(bandsOf(85).review).toBeCloseTo(75, 6);
    expect(bandsOf(85).match).toBeCloseTo(90, 6);
    expect(bandsOf(85).merge).toBeCloseTo(97, 6);
  });
  test('rise with the threshold and never reach 100', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 98 }), (threshold) => {
        const [lower, higher] = [bandsOf(threshold), bandsOf(threshold + 1)];
        expect(lower.review).toBeLessThan(higher.review);
        expect(higher.review).toBeLessThan(higher.match);
        expect(higher.match).toBeLessThan(higher.merge);
        expect(higher.merge).toBeLessThan(100);
      }),
    );
  });
});

test('the more people there are, the more a name has to say', () => {
  const [one, other] = [
    sighting({ id: 'a', name: 'Ada Byron', dob: '1981-07-19' }),
    sighting({ id: 'b', name: 'Ada', dob: '1981-07-19' }),
  ];
  const certain = (size: number) => decide(one.features, other.features, { ...population, size }, { bands }).score;
  expect(certain(10_000_000)).toBeLessThan(certain(10_000));
});

test.each([
  ['Ada Byron', 'BYRON ADA', 'agree'],
  ['Bob Marsden', 'Robert Marsden', 'agree'],
  ['Ada Byron', 'Ada B.', 'part'],
  ['Mr. Byron', 'Ada Byron', 'part'],
  ['Ada Byron', 'adabyron', 'agree'],
  ['Ada Byron', 'byronada', 'agree'],
  ['QUILLFEATHER AD', 'Ada Quillfeather', 'agree'],
  ['Ada Byron', 'Ada Byrno', 'alike'],
  ['Ada Byron', 'Otto Byron', 'conflict'],
  ['J.', 'Marianne', 'conflict'],
  ['Ana', 'Mariana', 'conflict'],
  ['Luiza', 'luizagomes', 'part'],
  ['Jan Marsden', 'Jon Marsden', 'conflict'],
  ['Joan Smith', 'John Smith', 'conflict'],
  ['Ada Byron', 'Wim Zonderland', 'conflict'],
])('the names %s and %s: %s', (one, other, level) => {
  const rare = (): number => 1 / 1000;
  expect(compareNames(name(one), name(other), rare).level).toBe(level);
  expect(compareNames(name(other), name(one), rare).level).toBe(level);
});

test.each([
  ['ada.byron@mail.example', 'ada.byron@mail.example', 'same'],
  ['ada.byron@hotmail.com', 'ada.byron@hottmail.com', 'moved'],
  ['ada.byron@mail.example', 'ada.byron@post.other', 'local'],
  ['adabyron@byron.example', 'adabyrn@byron.example', 'near'],
  ['joan.smith@mail.example', 'piet@post.other', 'other'],
  ['info@byron.example', 'inf@byron.example', 'other'],
])('the addresses %s and %s: %s', (one, other, level) => {
  expect(compareEmails(email(one), email(other), () => 1 / 1000)).toBe(level);
  expect(compareEmails(email(other), email(one), () => 1 / 1000)).toBe(level);
});

test.each([
  ['ernest.a@big.example', 'ernest.a2@big.example', 'other'],
  ['ernesta@big.example', 'ernest.a@big.example', 'other'],
  ['ernest.aksenov@big.example', 'enest.aksenov@big.example', 'near'],
])('at a large provider, the addresses %s and %s: %s', (one, other, level) => {
  expect(compareEmails(email(one), email(other), () => 0.2)).toBe(level);
});

test.each([
  ['19810719', '19810719', 'same'],
  ['19810709', '19810907', 'near'],
  ['19810719', '19810718', 'near'],
  ['19810719', '19910719', 'near'],
  ['19810719', '19820820', 'far'],
  ['19810719', '19600102', 'other'],
])('the dates %s and %s: %s', (one, other, level) => {
  expect(compareDates(one, other)).toBe(level);
  expect(compareDates(other, one)).toBe(level);
});

test('every link is explained by the joins that made it, every refusal by what held it back', () => {
  const resolution = resolve(all, population, { bands });
  const by = (id: string) => all.find((it) => it.id === id) ?? sighting({ id });
  const context = { resolution, population, bands };
  const linked = explain(by('a1'), by('a5'), context);
  expect(linked).toMatchObject({ oneProfile: true, pair: { band: 'none' } });
  expect(linked.joins.length).toBeGreaterThan(1);
  const ends = linked.joins.flatMap(({ one, other }) => [one, other]);
  expect(ends).toEqual(expect.arrayContaining(['a1', 'a5']));
  expect(linked.joins.every(({ decision }) => decision.band === 'match')).toBe(true);
  const apart = explain(by('h1'), by('h3'), context);
  expect(apart).toMatchObject({ oneProfile: false, joins: [], pair: { vetoes: ['names-conflict'] } });
  expect(apart.tokenSort).toBeGreaterThan(70);
});
