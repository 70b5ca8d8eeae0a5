// How likely two sets of features are one person's (Fellegi–Sunter): each field adds bits of evidence for or against, the
// number of people is the prior. Invariants: symmetric; the bits of all fields and the prior add up to the total; what
// neither has says nothing.
import { compareDates, type DateLevel } from './compare-dates.ts';
import { compareEmails, type EmailLevel } from './compare-emails.ts';
import { compareNames, type NameAgreement } from './compare-names.ts';
import { comparePhones } from './compare-phones.ts';
import { comparePlaces } from './compare-places.ts';
import type { Email } from './email.ts';
import type { Contribution, Score } from './evidence.ts';
import type { Features } from './features.ts';
import { isFull } from './name.ts';
import type { Phone } from './phone.ts';
import type { Population } from './population.ts';
import { edits } from './similarity.ts';

/** Odds that two people who share such an identifier, and of whom nothing else is known, are one. */
const ODDS = {
  email: 100,
  same: 35,
  tail: 20,
  account: 1000,
  moved: 35,
  device: 60,
  declared: 60,
  contested: 0.25,
} as const;
/** However rare its words, somebody in a million has the same name: parents, children and cousins do. */
const MOST_NAME_BITS = 20;
const EMAIL_BITS: Readonly<Record<Exclude<EmailLevel, 'same' | 'moved'>, number>> = {
  near: 12,
  alike: 7,
  local: 4,
  other: -2,
};
/** A wrong digit; but offices and families hold numbers in a row. */
const NEAR_PHONE_BITS = 7;
/** Of 25,000 likely days one is right by chance, of mistyped ones some 30, of badly remembered ones some 400. */
const BIRTH_BITS: Readonly<Record<DateLevel, number>> = { same: 13, near: 6.5, far: 2.5, other: -4 };

export function score(one: Features, other: Features, population: Population): Score {
  const contributions = [
    nameEvidence(one, other, population),
    emailEvidence(one, other, population),
    phoneEvidence(one, other, population),
    accountEvidence(one, other, population),
    deviceEvidence(one, other, population),
    declaredEvidence(one, other, population),
    birthEvidence(one, other),
    comparePlaces(one.places, other.places, population.place),
  ].filter((contribution) => contribution !== undefined);
  const prior = -Math.log2(population.size);
  return { bits: contributions.reduce((sum, { bits }) => sum + bits, prior), prior, contributions };
}

/** Who shares an identifier is a handful of people, however many there are: the evidence grows with the population. */
const sharedBy = (odds: number, { size }: Population): number => Math.log2(size) + Math.log2(odds);

export function bestNames(one: Features, other: Features, population: Population): NameAgreement | undefined {
  const mine = fullest(one.names);
  const theirs = fullest(other.names);
  let best: NameAgreement | undefined;
  for (const name of mine) {
    for (const their of theirs) {
      const agreement = compareNames(name, their, population.word);
      if (best === undefined || surer(agreement, best)) best = agreement;
    }
  }
  return best;
}

/** A first name alone agrees with everybody of that name: it counts only where nothing better is known. */
function fullest(names: Features['names']): Features['names'] {
  const full = names.filter(isFull);
  return full.length === 0 ? names : full;
}

function nameEvidence(one: Features, other: Features, population: Population): Contribution | undefined {
  const best = bestNames(one, other, population);
  if (best === undefined) return undefined;
  return {
    field: 'name',
    level: best.generationConflict ? 'generation' : best.level,
    bits: Math.min(MOST_NAME_BITS, best.bits),
  };
}

function emailEvidence(one: Features, other: Features, population: Population): Contribution | undefined {
  const all = one.emails.flatMap((mine) => other.emails.map((theirs) => emailPair(mine, theirs, population)));
  return strongest(all);
}

function emailPair(mine: Email, theirs: Email, population: Population): Contribution {
  const level = compareEmails(mine, theirs, population.domain);
  if (level === 'moved') return { field: 'email', level, bits: sharedBy(ODDS.moved, population) };
  if (level !== 'same') return { field: 'email', level, bits: EMAIL_BITS[level] };
  const shared = mine.role || population.contested(`email ${mine.address}`);
  const odds = shared ? ODDS.contested : ODDS.email;
  return { field: 'email', level: shared ? 'shared' : 'same', bits: sharedBy(odds, population) };
}

function phoneEvidence(one: Features, other: Features, population: Population): Contribution | undefined {
  const all = one.phones.flatMap((mine) => other.phones.map((theirs) => phonePair(mine, theirs, population)));
  return strongest(all.filter((contribution) => contribution !== undefined));
}

function phonePair(mine: Phone, theirs: Phone, population: Population): Contribution | undefined {
  const level = comparePhones(mine, theirs);
  if (level === undefined) return undefined;
  if (level === 'near') return { field: 'phone', level, bits: NEAR_PHONE_BITS };
  const contested = population.contested(`tail ${mine.tail}`);
  return {
    field: 'phone',
    level: contested ? 'shared' : level,
    bits: sharedBy(contested ? ODDS.contested : ODDS[level], population),
  };
}

function accountEvidence(one: Features, other: Features, population: Population): Contribution | undefined {
  const mine = one.ids.filter(({ trust }) => trust === 'account');
  const theirs = other.ids.filter(({ trust }) => trust === 'account');
  const shared = mine.some(({ key }) => theirs.some((id) => id.key === key));
  if (shared) return { field: 'account', level: 'same', bits: sharedBy(ODDS.account, population) };
  const conflict = mine.some(({ source }) => theirs.some((id) => id.source === source));
  return conflict ? { field: 'account', level: 'conflict', bits: -10 } : undefined;
}

function deviceEvidence(one: Features, other: Features, population: Population): Contribution | undefined {
  const shared = one.ids.find(({ key, trust }) => trust === 'device' && other.ids.some((id) => id.key === key));
  if (shared === undefined) return undefined;
  const contested = population.contested(`id ${shared.key}`);
  const odds = contested ? ODDS.contested : ODDS.device;
  return { field: 'device', level: contested ? 'shared' : 'same', bits: sharedBy(odds, population) };
}

function declaredEvidence(one: Features, other: Features, population: Population): Contribution | undefined {
  const mine = one.ids.filter(({ trust }) => trust === 'declared');
  const theirs = other.ids.filter(({ trust }) => trust === 'declared');
  const all = mine.flatMap((id) =>
    theirs.filter(({ source }) => source === id.source).map((their) => edits(id.value, their.value)),
  );
  if (all.length === 0) return undefined;
  const distance = Math.min(...all);
  if (distance === 0) return { field: 'declared', level: 'same', bits: sharedBy(ODDS.declared, population) };
  return distance === 1
    ? { field: 'declared', level: 'near', bits: 8 }
    : { field: 'declared', level: 'other', bits: -3 };
}

function birthEvidence(one: Features, other: Features): Contribution | undefined {
  const all = one.births.flatMap((mine) =>
    other.births.map((theirs): Contribution => {
      const level = compareDates(mine, theirs);
      return { field: 'birth', level, bits: BIRTH_BITS[level] };
    }),
  );
  return strongest(all);
}

type Weighed = { readonly bits: number; readonly level: string };

/** Ties fall by the level's name, not by which came first. */
const surer = (one: Weighed, other: Weighed): boolean =>
  one.bits > other.bits || (one.bits === other.bits && one.level < other.level);

function strongest(all: readonly Contribution[]): Contribution | undefined {
  let best: Contribution | undefined;
  for (const contribution of all) {
    if (best === undefined || surer(contribution, best)) best = contribution;
  }
  return best;
}
