// Finds personal data in a text: what is known of the person first, then what its form gives away. Invariants: spans come
// in order, without overlap, at offsets of the text as given; the work is bounded by its length; the marks of an earlier
// redaction are left alone.
import { findAddresses } from './address.ts';
import { findCalledNumbers } from './called-numbers.ts';
import { findCards, findSecurityCodes } from './card.ts';
import { findBirthDates } from './dates.ts';
import { findKnown } from './dictionary.ts';
import { findEmails } from './email.ts';
import { findIbans } from './iban.ts';
import { meeting } from './intervals.ts';
import { findNames } from './names.ts';
import { findNationalIds } from './national-id.ts';
import { findNetworkAddresses } from './network.ts';
import { spokenNumbers, writtenNumbers } from './number-runs.ts';
import { findPhones } from './phone.ts';
import { MARKS, PII_TYPES, type PiiType, type Profile, type Span, type TextContext } from './pii.ts';
import { findInTables, findQuotedFields } from './tables.ts';
import { findUrlParts } from './url.ts';
import { viewOf } from './view.ts';

/** In these nothing is looked for: ids of machines, and marks. */
const MARK_FORMS = [...new Set(Object.values(MARKS))].join('|');
const UNTOUCHED = new RegExp(
  String.raw`(?<![\p{L}\d])[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}(?![\p{L}\d])|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?|${MARK_FORMS}`,
  'giu',
);
const RANK: ReadonlyMap<PiiType, number> = new Map(PII_TYPES.map((type, at) => [type, at]));
const rankOf = ({ type }: Span): number => RANK.get(type) ?? 0;

export function detect(text: string, { region, profile }: TextContext = {}): Span[] {
  const view = viewOf(text);
  const isUntouched = meeting(
    [...view.text.matchAll(UNTOUCHED)].map(({ index, 0: match }) => ({ start: index, end: index + match.length })),
  );
  const found = findAll(view.text, region, profile).filter((span) => !isUntouched(span));
  return merged(found).map(({ start, end, type }) => ({ start: view.start(start), end: view.end(end), type }));
}

function findAll(text: string, region: string | undefined, profile: Profile | undefined): Span[] {
  const numbers = [...(/\d/.test(text) ? writtenNumbers(text) : []), ...spokenNumbers(text)];
  const [cards, ids] = [findCards(text, numbers), findNationalIds(text)];
  // what is a card or a state's number by its check digits is no phone number
  const isTaken = meeting([...cards, ...ids]);
  const others = numbers.filter((run) => !isTaken(run));
  return [
    ...(profile === undefined ? [] : findKnown(text, numbers, profile)),
    ...findEmails(text),
    ...findUrlParts(text),
    ...findIbans(text),
    ...cards,
    ...findSecurityCodes(text),
    ...ids,
    ...findNetworkAddresses(text),
    ...findCalledNumbers(text, numbers),
    ...findBirthDates(text),
    ...findPhones(text, others, region),
    ...findAddresses(text),
    ...findNames(text),
    ...findInTables(text),
    ...findQuotedFields(text),
  ];
}

/** Where two overlap, both go: as one, of the more telling type. */
function merged(found: readonly Span[]): Span[] {
  const spans: Span[] = [];
  for (const span of found.toSorted((one, other) => one.start - other.start || rankOf(one) - rankOf(other))) {
    const before = spans.at(-1);
    if (before === undefined || span.start >= before.end) spans.push(span);
    else {
      const { type } = rankOf(span) < rankOf(before) ? span : before;
      spans[spans.length - 1] = { start: before.start, end: Math.max(before.end, span.end), type };
    }
  }
  return spans;
}
