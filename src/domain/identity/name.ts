// A person's name as it is compared: its words, whatever their order. Invariants: what stands for no name (a guest's
// number, a city, `WIRELESS CALLER`) is none; equal names have equal keys, and a name read from its own words is itself.
import { words } from './fold.ts';
import { HONORIFICS, JOINED, JUNIOR, PLACEHOLDER_WORDS, PLACES, SENIOR, STATES } from './name-lists.ts';

export interface PersonName {
  readonly words: readonly string[];
  /** The last word may have lost its end: exchanges send 15 signs. */
  readonly cut: boolean;
  readonly generation: 'junior' | 'senior' | undefined;
  readonly key: string;
}

const CALLER_NAME_LENGTH = 15;
const MOST_WORDS = 8;

export function nameFrom(text: string): PersonName | undefined {
  const plain = text.trim();
  if (isPlaceholder(plain)) return undefined;
  const comma = /^([^,]+),([^,]+)$/.exec(plain);
  const ordered = comma === null || JUNIOR.has(words(comma[2] ?? '').join(' ')) ? plain : `${comma[2]} ${comma[1]}`;
  const cut = plain.length === CALLER_NAME_LENGTH && plain === plain.toUpperCase();
  return nameOf(words(ordered), cut);
}

/** From a form's fields, which may have been filled in the wrong way round. */
export const nameFromParts = (given: string | undefined, surname: string | undefined): PersonName | undefined =>
  nameFrom([given, surname].filter((part) => part !== undefined).join(' '));

function nameOf(all: readonly string[], cut: boolean): PersonName | undefined {
  const titled = all.filter((word, index) => !(HONORIFICS.has(word) && (index === 0 || word !== 'sr')));
  const generation = titled.some((word) => JUNIOR.has(word) && titled.length > 1)
    ? 'junior'
    : all.some((word, index) => SENIOR.has(word) || (word === 'sr' && index > 0))
      ? 'senior'
      : undefined;
  const own = titled.filter(
    (word) => generation === undefined || !(JUNIOR.has(word) || SENIOR.has(word) || word === 'sr'),
  );
  const joined = join(own).slice(0, MOST_WORDS);
  if (joined.every((word) => !/\p{L}/u.test(word))) return undefined;
  const key = [...joined, generation, cut ? '…' : undefined].filter((part) => part !== undefined).join(' ');
  return { words: joined, cut, generation, key };
}

function join(parts: readonly string[]): string[] {
  const joined: string[] = [];
  for (const part of parts) {
    const before = joined.at(-1);
    if (before !== undefined && JOINED.has(before)) joined[joined.length - 1] = before + part;
    else joined.push(part);
  }
  return joined;
}

function isPlaceholder(text: string): boolean {
  const all = words(text);
  const last = all.at(-1);
  if (all.length === 0) return true;
  // Names hold no numbers: a guest's number, a line's, or the sign of a carrier
  if (/\d{3}/.test(text)) return true;
  if (all.every((word) => PLACEHOLDER_WORDS.has(word) || /^\d+$/.test(word))) return true;
  const place = last !== undefined && all.length > 1 && STATES.has(last) ? all.slice(0, -1) : all;
  // `CHICAGO IL` and `Chicago`; but `London Jack` has another word
  return PLACES.has(place.join(' ')) || PLACES.has(all.join(' '));
}

/** Enough of it to tell two people apart. */
export const isFull = (name: PersonName): boolean => name.words.filter((word) => word.length > 1).length > 1;
