// Numbers that a state gives a person. Invariant: a form of its own and a check digit; without these, or where phone
// numbers look alike, only what is called one.
import {
  isBelgianNumber, isBirthPart, isBsn, isCpf, isDni, isEan13, isFodselsnummer, isHetu, isLuhn, isNir, isPesel,
  isRodneCislo,
} from './checksums.ts'; // prettier-ignore
import { cueBefore, wordsOf } from './cues.ts';
import type { PiiType, Span } from './pii.ts';

interface Rule {
  readonly pattern: RegExp;
  /** Over the match without spaces, dots, dashes and strokes, in capitals. */
  readonly holds: (compact: string) => boolean;
  /** Too like other numbers. */
  readonly mustBeCalled?: boolean;
}

const always = (): boolean => true;
const dated = (compact: string): boolean => isBirthPart(compact.slice(2, 4), compact.slice(0, 2));
const datedFromYear = (compact: string): boolean => isBirthPart(compact.slice(2, 4), compact.slice(4, 6));

/** In the order of the countries' names. */
const RULES: readonly Rule[] = [
  { pattern: /\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}/g, holds: isBelgianNumber },
  { pattern: /\d{3}\.\d{3}\.\d{3}-\d{2}/g, holds: isCpf },
  { pattern: /\d{11}/g, holds: isCpf, mustBeCalled: true },
  { pattern: /\d{3}[ -]\d{3}[ -]\d{3}/g, holds: isLuhn, mustBeCalled: true },
  { pattern: /\d{6}\/\d{4}/g, holds: isRodneCislo },
  { pattern: /\d{6}-\d{4}/g, holds: (compact) => dated(compact) || (datedFromYear(compact) && isLuhn(compact)) },
  { pattern: /\d{6}[-+A]\d{3}[\dA-Y]/g, holds: (compact) => dated(compact) && isHetu(withSign(compact)) },
  { pattern: /[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}/g, holds: isNir },
  { pattern: /[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]/gi, holds: always },
  { pattern: /\d{9}/g, holds: isBsn, mustBeCalled: true },
  { pattern: /\d{6} ?\d{5}/g, holds: isFodselsnummer },
  { pattern: /\d{11}/g, holds: isPesel },
  { pattern: /(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]/gi, holds: isDni },
  {
    pattern: /(?:19|20)\d{6}-?\d{4}/g,
    holds: (compact) => datedFromYear(compact.slice(2)) && isLuhn(compact.slice(2)),
  },
  { pattern: /756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}/g, holds: isEan13 },
  { pattern: /[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]/gi, holds: always },
  // passports, licences and whatever else a state numbers
  {
    pattern: /(?=[A-Z-]{0,12}\d)[A-Z\d](?:[ -]?[A-Z\d]){4,17}/g,
    holds: (compact) => (compact.match(/\d/g)?.length ?? 0) >= 5,
    mustBeCalled: true,
  },
];
const SSN = /\d{3}([ -])\d{2}\1\d{4}/g;
const SSN_BARE = /\d{9}/g;
const SSN_GIVEN = /^(?!000|666)\d{3}(?!00)\d{2}(?!0000)\d{4}$/;
/** Any word that cues.ts has for them. */
const CALLED = new RegExp([...wordsOf('id'), ...wordsOf('ssn')].join('|'), 'i');
const ALPHANUMERIC = /[\p{L}\d]/u;

const withSign = (compact: string): string =>
  compact.length === 10 ? `${compact.slice(0, 6)}-${compact.slice(6)}` : compact;

export function findNationalIds(text: string): Span[] {
  if (!/\d{4}|\d.?\d.?\d.?\d.?\d/.test(text)) return [];
  const isCalled = CALLED.test(text);
  return [
    ...ssns(text),
    ...RULES.flatMap((rule) => (isCalled || rule.mustBeCalled !== true ? findBy(rule, text) : [])),
  ];
}

function ssns(text: string): Span[] {
  const written = spansOf(text, SSN, 'US_SSN').filter(({ start, end }) => {
    const compact = text.slice(start, end).replaceAll(/[ -]/g, '');
    return SSN_GIVEN.test(compact) ? cueBefore(text, start) !== 'other' : cueBefore(text, start) === 'ssn';
  });
  return [...written, ...spansOf(text, SSN_BARE, 'US_SSN').filter(({ start }) => cueBefore(text, start) === 'ssn')];
}

const findBy = ({ pattern, holds, mustBeCalled = false }: Rule, text: string): Span[] =>
  spansOf(text, pattern, 'NATIONAL_ID').filter(({ start, end }) => {
    const compact = text
      .slice(start, end)
      .replaceAll(/[ ./-]/g, '')
      .toUpperCase();
    if (!holds(compact)) return false;
    const cue = cueBefore(text, start);
    return mustBeCalled ? cue === 'id' || cue === 'ssn' : cue !== 'other' && cue !== 'phone';
  });

/** Whole: neither within a word nor within a longer number. */
function spansOf(text: string, pattern: RegExp, type: PiiType): Span[] {
  return [...text.matchAll(pattern)].flatMap(({ index, 0: match }) => {
    const end = index + match.length;
    const before = text.charAt(index - 1);
    if (ALPHANUMERIC.test(before) || ALPHANUMERIC.test(text.charAt(end))) return [];
    return /(?:[\p{L}\d][/-]|\d\.|[#_])$/u.test(text.slice(Math.max(0, index - 2), index)) ||
      /^[-/.]\d/.test(text.slice(end, end + 2))
      ? []
      : [{ start: index, end, type }];
  });
}
