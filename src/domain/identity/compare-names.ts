// Whether two names can be one person's, and how much that says. Invariants: symmetric; the order of the words does not
// matter; rare words say more than frequent ones; each word is used once.
import { NICKNAMES } from './name-lists.ts';
import { isFull, type PersonName } from './name.ts';
import { edits } from './similarity.ts';

/** How frequent a word is among all names, 0 to 1. */
export type Frequency = (word: string) => number;

export interface NameAgreement {
  readonly bits: number;
  /** `agree`: all words that both have; `alike`: with mistakes; `part`: one has little to compare; `conflict`. */
  readonly level: 'agree' | 'alike' | 'part' | 'conflict';
  readonly generationConflict: boolean;
  /** No word of one is like any of the other. */
  readonly strangers: boolean;
}

interface WordAgreement {
  readonly kind: 'same' | 'short' | 'cut' | 'initial' | 'typo' | 'far';
  readonly bits: number;
}
type Aligned = WordAgreement & { readonly left: number; readonly right: number; readonly pair: string };

/** A word rarer than this says no more: small populations know no better. */
const MOST_BITS = 12;
/** Two different words where one is expected: about 1 in 30 of one person's names (maiden names, mix-ups). */
const CONFLICT_BITS = -5;
/** Two short names written together are as long as one. */
const SHORTEST_PIECE = 6;
const MOST_EDITS = 3;
const ORDER: readonly WordAgreement['kind'][] = ['same', 'short', 'cut', 'typo', 'initial', 'far'];

export function compareNames(one: PersonName, other: PersonName, frequency: Frequency): NameAgreement {
  const generationConflict = generationsConflict(one, other);
  const whole = writtenTogether(one, other) ?? writtenTogether(other, one);
  if (whole !== undefined) {
    const level = whole.length > 1 ? 'agree' : 'part';
    return { bits: rarity(whole, frequency), level, generationConflict, strangers: false };
  }
  const aligned = align(one, other, frequency);
  const leftOver = [
    unused(
      one,
      aligned.map(({ left }) => left),
    ),
    unused(
      other,
      aligned.map(({ right }) => right),
    ),
  ];
  const agreed = aligned.reduce((sum, { bits }) => sum + bits, 0);
  const strangers = aligned.length === 0;
  const conflicts = Math.max(strangers ? 1 : 0, Math.min(...leftOver));
  if (conflicts === 0) return { bits: agreed, level: levelOf(aligned), generationConflict, strangers };
  return { bits: agreed + CONFLICT_BITS * conflicts, level: 'conflict', generationConflict, strangers };
}

function levelOf(aligned: readonly Aligned[]): NameAgreement['level'] {
  if (aligned.some(({ kind }) => kind === 'typo' || kind === 'far')) return 'alike';
  return aligned.filter(({ kind }) => kind !== 'initial').length > 1 ? 'agree' : 'part';
}

/** The best pairs first; what is left over has no counterpart. */
function align(one: PersonName, other: PersonName, frequency: Frequency): Aligned[] {
  const pairs: Aligned[] = [];
  for (const [left, word] of one.words.entries()) {
    for (const [right, theirs] of other.words.entries()) {
      const agreement = compareWords(word, theirs, isCut(one, left) || isCut(other, right), frequency);
      if (agreement !== undefined) pairs.push({ ...agreement, left, right, pair: pairKey(word, theirs) });
    }
  }
  if (pairs.length < 2) return pairs;
  pairs.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || b.bits - a.bits || (a.pair < b.pair ? -1 : 1));
  const lefts = new Set<number>();
  const rights = new Set<number>();
  return pairs.filter(({ left, right }) => {
    if (lefts.has(left) || rights.has(right)) return false;
    lefts.add(left);
    rights.add(right);
    return true;
  });
}

/** The same from both sides, for ties. */
const pairKey = (one: string, other: string): string => (one < other ? `${one} ${other}` : `${other} ${one}`);

const isCut = (name: PersonName, index: number): boolean => name.cut && index === name.words.length - 1;

/** Words without a counterpart that could have one; a middle initial could not. */
const unused = ({ words }: PersonName, used: readonly number[]): number =>
  words.filter((word, index) => !used.includes(index) && (word.length > 1 || used.length === 0)).length;

function compareWords(one: string, other: string, cut: boolean, frequency: Frequency): WordAgreement | undefined {
  const rarest = Math.min(MOST_BITS, -Math.log2(Math.max(frequency(one), frequency(other))));
  if (one === other) return one.length === 1 ? { kind: 'initial', bits: 1 } : { kind: 'same', bits: rarest };
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (short.length === 1) return long.startsWith(short) ? { kind: 'initial', bits: 2 } : undefined;
  if ((NICKNAMES.get(one) ?? one) === (NICKNAMES.get(other) ?? other)) return { kind: 'short', bits: rarest - 2 };
  if (cut && long.startsWith(short)) return { kind: 'cut', bits: Math.max(1, Math.min(rarest - 2, short.length * 2)) };
  if (cut && short.length > 3 && edits(short, long.slice(0, short.length)) === 1) return { kind: 'far', bits: 1 };
  // Pat and Patricia
  if (short.length > 2 && short.length < 5 && long.length > short.length + 1 && long.startsWith(short)) {
    return { kind: 'short', bits: Math.max(1, rarest - 5) };
  }
  if (long.length - short.length > MOST_EDITS) return undefined;
  const distance = edits(one, other);
  // A letter lost: Ev and Eva
  if (distance === 1 && long.length === 3 && short.length === 2) return { kind: 'far', bits: 1 };
  // Another letter in a short word makes another name of it: Jan and Jon, Joan and John
  const otherName = long.length < 4 || (long.length === 4 && short.length === 4 && !sameSigns(one, other));
  if (distance === 1 && !otherName) return { kind: 'typo', bits: Math.max(1, rarest - 5) };
  if (distance === 2 && long.length > 4) return { kind: 'far', bits: Math.max(0, rarest - 8) };
  if (distance === MOST_EDITS && long.length > 7) return { kind: 'far', bits: Math.max(0, rarest - 9) };
  return undefined;
}

/** Two letters in the wrong order. */
const sameSigns = (one: string, other: string): boolean =>
  one.split('').toSorted().join('') === other.split('').toSorted().join('');

/** The words of `one` that `other` holds in one piece, whichever comes first: `maryann` and `mary ann`. */
function writtenTogether(one: PersonName, other: PersonName): readonly string[] | undefined {
  const piece = other.words.length === 1 ? (other.words[0] ?? '') : '';
  const pieces = one.words.filter((word) => word.length > 1);
  if (piece.length < SHORTEST_PIECE || pieces.length === 0 || pieces[0] === piece) return undefined;
  const shortest = pieces.length > 1 ? 3 : 4;
  if (pieces.every((word) => word.length >= shortest && atAnEnd(word, piece))) return pieces;
  const forms = [pieces.join(''), pieces.toReversed().join('')].map((form) =>
    other.cut ? form.slice(0, piece.length) : form,
  );
  const alike = forms.some((form) => edits(form, piece) <= 1 || (one.cut && piece.startsWith(form)));
  return pieces.length > 1 && alike ? pieces : undefined;
}

const atAnEnd = (word: string, piece: string): boolean => piece.startsWith(word) || piece.endsWith(word);

const rarity = (words: readonly string[], frequency: Frequency): number =>
  words.reduce((sum, word) => sum + Math.min(MOST_BITS, -Math.log2(frequency(word))), 0);

/** A name that was cut may have lost its `Jr`. */
function generationsConflict(one: PersonName, other: PersonName): boolean {
  if (one.generation === other.generation || !isFull(one) || !isFull(other)) return false;
  return !(one.generation === undefined && one.cut) && !(other.generation === undefined && other.cut);
}
