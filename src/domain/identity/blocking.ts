// Where candidates are looked for: keys that two sightings of one person are likely to share. Invariants: keys are a
// function of the features alone; a key only proposes a comparison and is never evidence by itself.
import type { Features } from './features.ts';
import type { PersonName } from './name.ts';
import { soundOf } from './sound.ts';

/** Keys that say who somebody is (at most this many hold one) and keys that narrow the search, which crowd sooner. */
export const MOST_HOLDERS = { identifier: 400, hint: 100 } as const;

export interface BlockingKey {
  readonly key: string;
  readonly kind: keyof typeof MOST_HOLDERS;
}

export function blockingKeys(features: Features): BlockingKey[] {
  const keys = [...identifierKeys(features).map(identifier), ...hintKeys(features).map(hint)];
  return [...new Map(keys.map((key) => [key.key, key])).values()];
}

const identifier = (key: string): BlockingKey => ({ key, kind: 'identifier' });
const hint = (key: string): BlockingKey => ({ key, kind: 'hint' });

export function identifierKeys({ emails, phones, ids }: Features): string[] {
  return [
    ...emails.map(({ address }) => `email ${address}`),
    ...phones.map(({ tail }) => `tail ${tail}`),
    ...ids.map(({ key }) => `id ${key}`),
  ];
}

function hintKeys({ names, emails, births, places }: Features): string[] {
  const sounds = names.map(soundsOf);
  const pairs = sounds.flatMap(pairsOf);
  const singles = [...new Set(sounds.flat())];
  return [
    ...emails.filter(({ role }) => !role).map(({ local }) => `local ${local}`),
    ...births.map((birth) => `birth ${birth}`),
    ...pairs.map((pair) => `sounds ${pair}`),
    ...singles.flatMap((sound) => births.flatMap((birth) => nearBirth(birth).map((part) => `sound ${sound} ${part}`))),
    ...places.flatMap(({ city, postcode, street }) => [
      ...(city === undefined ? [] : singles.map((sound) => `sound ${sound} in ${soundOf(city)}`)),
      ...(postcode === undefined ? [] : singles.map((sound) => `sound ${sound} at ${postcode}`)),
      ...(street === undefined ? [] : [`street ${street}`]),
    ]),
  ];
}

/** A mistyped date keeps its year, or its day and month. */
const nearBirth = (birth: string): string[] => [birth.slice(0, 4), birth.slice(4)];

const soundsOf = (name: PersonName): string[] =>
  [...new Set(name.words.filter((word) => word.length > 1).map(soundOf))].toSorted();

const pairsOf = (sounds: readonly string[]): string[] =>
  sounds.flatMap((one, index) => sounds.slice(index + 1).map((other) => `${one} ${other}`));
