// Payment cards: a number that an issuer could have given, with its check digit. Invariant: a number of another kind that
// happens to pass (one in ten does) counts only when it is written as cards are, or called one.
import { isLuhn } from './checksums.ts';
import { cueBefore, type Cue } from './cues.ts';
import { touchesLetter, type DigitGroup, type NumberRun } from './number-runs.ts';
import type { Span } from './pii.ts';

/** By the first digits: American Express, Diners, JCB, Visa, Mastercard, Discover, UnionPay, Maestro, Mir. */
const ISSUERS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|[689])/, [14, 16, 17, 18, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^4/, [13, 16, 19]],
  [/^(?:1800|2131)/, [15]],
  [/^(?:5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720))/, [16]],
  [/^2200|^2201|^2202|^2203|^2204/, [16]],
  [/^6(?:011|4[4-9]|5)/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:5[06789]|6)/, [12, 13, 14, 15, 16, 17, 18, 19]],
];
/** 1234 5678 9012 3456, 1234 567890 12345, and the whole in one. */
const GROUPINGS = /^(?:\d+|4-4-4-[1-4]|4-4-4-4-[1-3]|4-6-[45]|(?:1-){12,18}1|(?:2-){6,8}[12])$/;
const FEWEST = 12;
const MOST = 19;

const isIssued = (digits: string): boolean =>
  ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits));

export function findCards(text: string, runs: readonly NumberRun[]): Span[] {
  return runs.flatMap((run) => {
    if (run.digits.length < FEWEST || (!run.spoken && touchesLetter(text, run))) return [];
    const cue = cueBefore(text, run.start);
    return windowsOf(run, (digits, part) => isCard(digits, part, { spoken: run.spoken, cue }));
  });
}

/** Stretches of whole groups, each as long as can be: what follows a card is often its date, or another card. */
function windowsOf(
  { digits, groups }: NumberRun,
  isOne: (digits: string, part: readonly DigitGroup[]) => boolean,
): Span[] {
  const spans: Span[] = [];
  let offset = 0;
  for (const [first, group] of groups.entries()) {
    const last = lastOf(groups, first, (to, length) =>
      isOne(digits.slice(offset, offset + length), groups.slice(first, to + 1)),
    );
    if (last !== undefined && group.start >= (spans.at(-1)?.end ?? 0)) {
      spans.push({ start: group.start, end: last.end, type: 'CREDIT_CARD' });
    }
    offset += group.digits.length;
  }
  return spans;
}

function lastOf(
  groups: readonly DigitGroup[],
  first: number,
  isOne: (last: number, length: number) => boolean,
): DigitGroup | undefined {
  let found: DigitGroup | undefined;
  let length = 0;
  for (let at = first; at < groups.length && length < MOST; at += 1) {
    length += groups[at]?.digits.length ?? 0;
    if (length >= FEWEST && length <= MOST && isOne(at, length)) found = groups[at];
  }
  return found;
}

function isCard(
  digits: string,
  part: readonly DigitGroup[],
  { spoken, cue }: { spoken: boolean; cue: Cue | undefined },
): boolean {
  // a digit misheard or mistyped: still nearly the whole card
  if (cue === 'card') return isLuhn(digits) || (digits.length >= 13 && isIssued(digits));
  if (digits.length < 13 || !isIssued(digits) || !isLuhn(digits)) return false;
  return spoken || (cue !== 'other' && GROUPINGS.test(groupingOf(part)));
}

const groupingOf = (part: readonly DigitGroup[]): string =>
  part.length === 1 ? (part[0]?.digits ?? '') : part.map((group) => group.digits.length).join('-');

const SECURITY_CODE =
  /\b(?:cvv2?|cvc2?|csc|security code)\b(?:\s{1,3}(?:is|code|number|:)){0,2}[\s:=#]{0,3}(\d{3,4})(?![\d.])/dgi;

/** Three digits alone are nothing; called so they open the card. */
export function findSecurityCodes(text: string): Span[] {
  if (!/cv|csc|security/i.test(text)) return [];
  return [...text.matchAll(SECURITY_CODE)].flatMap(({ indices }) => {
    const at = indices?.[1];
    return at === undefined ? [] : [{ start: at[0], end: at[1], type: 'CREDIT_CARD' as const }];
  });
}
