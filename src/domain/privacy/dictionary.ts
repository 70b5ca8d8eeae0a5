// The known person's own values, wherever they stand in the text: names in any case and without accents, phones in any
// form, said or written, e-mails, addresses, ids. Invariant: a name that is a word as well counts only where it is
// spelt or used as a name.
import { EVERYDAY_WORDS, NAME_CUES, PARTICLES } from './everyday-words.ts';
import { fold, isSingle, tokensOf, type Token } from './folding.ts';
import type { NumberRun } from './number-runs.ts';
import type { PiiType, Profile, Span } from './pii.ts';

const SHORTEST_NAME = 2;
const SHORTEST_ID = 4;
/** The digits by which two ways of writing one phone number agree. */
const FEWEST_PHONE_DIGITS = 6;

interface Phrase {
  readonly words: readonly string[];
  readonly type: PiiType;
}

/** A profile as the search wants it. */
interface Known {
  readonly names: ReadonlySet<string>;
  /** By the first word. */
  readonly phrases: ReadonlyMap<string, readonly Phrase[]>;
  readonly phones: readonly string[];
}

/** A conversation's messages come with one profile: it is read once. */
const read = new WeakMap<Profile, Known>();

export function findKnown(text: string, numbers: readonly NumberRun[], profile: Profile): Span[] {
  const known = read.get(profile) ?? knownOf(profile);
  read.set(profile, known);
  const tokens = known.names.size + known.phrases.size === 0 ? [] : tokensOf(text);
  return [
    ...knownNames(text, tokens, known.names),
    ...knownPhrases(tokens, known.phrases),
    ...knownPhones(numbers, known.phones),
  ];
}

function knownOf({ names = [], emails = [], phones = [], addresses = [], ids = [] }: Profile): Known {
  const phrases = new Map<string, Phrase[]>();
  const add = (texts: readonly string[], type: PiiType): void => {
    for (const text of texts) {
      const words = tokensOf(text).map(({ raw }) => fold(raw));
      const [first] = words;
      if (first !== undefined && words.join('').length >= SHORTEST_ID)
        phrases.set(first, [...(phrases.get(first) ?? []), { words, type }]);
    }
  };
  add(emails, 'EMAIL_ADDRESS');
  add(addresses, 'ADDRESS');
  add(ids, 'NATIONAL_ID');
  const parts = names.flatMap((name) => tokensOf(name).map(({ raw }) => fold(raw)));
  return {
    names: new Set(parts.filter((part) => part.length >= SHORTEST_NAME || isSingle(part))),
    phrases,
    phones: phones.map((phone) => phone.replaceAll(/\D/g, '')).filter((digits) => digits.length >= FEWEST_PHONE_DIGITS),
  };
}

function knownNames(text: string, tokens: readonly Token[], names: ReadonlySet<string>): Span[] {
  if (names.size === 0) return [];
  const spans: Span[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    if (!isOneOf(names, tokens[at])) continue;
    let last = at;
    while (isNext(text, tokens, last) && isOneOf(names, tokens[last + 1])) last += 1;
    const run = tokens.slice(at, last + 1);
    const isName = isUsedAsName(run, tokens.slice(Math.max(0, at - 2), at), tokens[last + 1]) || isSignature(text, run);
    if (isName) spans.push(spanOf(run, 'NAME'));
    at = last;
  }
  return spans;
}

const isOneOf = (names: ReadonlySet<string>, token: Token | undefined): boolean =>
  token !== undefined && names.has(token.folded());

const isNext = (text: string, tokens: readonly Token[], at: number): boolean =>
  /^[ '’.-]{1,2}$/.test(text.slice(tokens[at]?.end, tokens[at + 1]?.start));

/** A line of nothing else. */
function isSignature(text: string, run: readonly Token[]): boolean {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined || !/^\p{Lu}/u.test(first.raw)) return false;
  return (
    /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, first.start - 8), first.start)) &&
    /^[ \t.!]*(?:\n|$)/.test(text.slice(last.end, last.end + 8))
  );
}

function isUsedAsName(run: readonly Token[], cues: readonly Token[], after: Token | undefined): boolean {
  const own = run.filter((token) => !PARTICLES.has(token.folded()));
  if (own.length === 0) return false;
  const different = new Set(own.map((token) => token.folded()));
  if (different.size > 1 || own.some((token) => !EVERYDAY_WORDS.has(token.folded()))) return true;
  const before = cues.at(-1);
  // "thank you grant"
  const cue = before?.folded() === 'you' ? cues[0] : before;
  if ((cue !== undefined && NAME_CUES.has(cue.folded())) || after?.folded() === 'here') return true;
  return own.some(({ raw }) => isWithinSentence(raw, before));
}

/** A capital where a common word would have none. */
const isWithinSentence = (raw: string, before: Token | undefined): boolean =>
  /^\p{Lu}\p{Ll}/u.test(raw) && before !== undefined && /^\p{Ll}/u.test(before.raw);

function knownPhrases(tokens: readonly Token[], phrases: Known['phrases']): Span[] {
  if (phrases.size === 0) return [];
  return tokens.flatMap((token, at) =>
    (phrases.get(token.folded()) ?? []).flatMap(({ words, type }) =>
      words.every((word, offset) => tokens[at + offset]?.folded() === word)
        ? [spanOf(tokens.slice(at, at + words.length), type)]
        : [],
    ),
  );
}

const spanOf = (run: readonly Token[], type: PiiType): Span => ({
  start: run[0]?.start ?? 0,
  end: run.at(-1)?.end ?? 0,
  type,
});

function knownPhones(numbers: readonly NumberRun[], phones: readonly string[]): Span[] {
  if (phones.length === 0) return [];
  return numbers
    .filter(({ digits }) => {
      const national = digits.replace(/^0+/, '');
      return (
        national.length >= FEWEST_PHONE_DIGITS &&
        phones.some((phone) => phone.endsWith(national) || national.endsWith(phone))
      );
    })
    .map(({ start, end }) => ({ start, end, type: 'PHONE_NUMBER' }));
}
