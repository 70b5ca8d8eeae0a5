// Phone numbers, written and spoken. Invariant: what is called something else (an order, a ticket) is none, however well
// it would do; without a region and without being called one, only a form that nothing else has counts.
import { parsePhoneNumberFromString, isSupportedCountry, type CountryCode } from 'libphonenumber-js/max';
import { cueBefore } from './cues.ts';
import { touchesLetter, type NumberRun } from './number-runs.ts';
import type { Span } from './pii.ts';

const FEWEST = 6;
/** Without a region or a cue to say so, six digits are anything. */
const FEWEST_ALONE = 7;
const FEWEST_MADE_UP = 9;
const MOST = 15;
const DATE_FIRST = /^(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2(?:\d{4}|\d{2}))(?![./-]?\d)/;
/** North America's own way of writing: 3-3-4, never beginning with 0 or 1. */
const NORTH_AMERICAN = /^(?:(?:00)?1[ .-]?)?\(?[2-9]\d{2}(?:\) ?|[ .-]{1,2})\d{3}[ .-]\d{4}$/;
/** Elsewhere: in groups, after the zero or the bracket that long distance begins with. */
const TRUNK = /^(?:0|\(0?)\d{1,4}\)?[ ./-]{1,2}(?=(?:\D?\d){6,9}$)\d/;
/** "…-Fax", "… (mobile)" */
const CALLED_AFTER = /^[ -]{0,2}\(?(?:office|fax|mobile|home|work|cell|tel)\b/i;
const EXTENSION = /^[ ,]{0,2}(?:x|ext\.?|extension|durchwahl|poste)[ .]{0,2}\d{1,6}(?!\d)/i;
/** Part of a longer name of a thing: `ORD-895…`, `#795…`, `_123`, `$12`. */
const PART_OF_NAME = /(?:[\p{L}\d]-|[#_$€£¥%&@]|[\p{L}\d]\/|\d[:.])$/u;

export function findPhones(text: string, runs: readonly NumberRun[], region: string | undefined): Span[] {
  const country = region !== undefined && isSupportedCountry(region) ? region : undefined;
  return runs.flatMap((run) => {
    const { digits } = run;
    if (digits.length < FEWEST || digits.length > MOST + 2) return [];
    const start = run.spoken ? run.start : startOf(text, run.start);
    const written = text.slice(start, run.end);
    if (!run.spoken && !standsAlone(text, run, start, written)) return [];
    const end = run.end + (EXTENSION.exec(text.slice(run.end, run.end + 24))?.[0].length ?? 0);
    return isPhone(text, run, start, written, country) ? [{ start, end, type: 'PHONE_NUMBER' as const }] : [];
  });
}

/** The plus and the bracket before the digits. */
function startOf(text: string, first: number): number {
  let start = first;
  while (start > first - 2 && /[+(]/.test(text.charAt(start - 1))) start -= 1;
  return start;
}

function standsAlone(text: string, run: NumberRun, start: number, written: string): boolean {
  const hasExtension = EXTENSION.test(text.slice(run.end, run.end + 24));
  if (touchesLetter(text, { start: run.start, end: hasExtension ? -1 : run.end })) return false;
  if (!written.startsWith('+') && PART_OF_NAME.test(text.slice(Math.max(0, start - 2), start))) return false;
  return !DATE_FIRST.test(written) && !/^[_%@]/.test(text.charAt(run.end));
}

function isPhone(
  text: string,
  run: NumberRun,
  start: number,
  written: string,
  country: CountryCode | undefined,
): boolean {
  const dialled = run.spoken || !written.startsWith('+') ? run.digits : `+${run.digits}`;
  const cue = cueBefore(text, start);
  if (cue === 'phone') return run.digits.length <= MOST;
  // the plus is said of nothing else, whatever the words before say
  if (cue !== undefined && cue !== 'email') return dialled.startsWith('+') && isDialled(dialled, country);
  if (isDialled(dialled, country) || isWrittenAsOne(run, country) || isCalledAfter(text, run.end)) return true;
  if (run.digits.length < FEWEST_ALONE) return false;
  if (run.spoken) return run.digits.length <= MOST;
  return NORTH_AMERICAN.test(written) || (country === undefined && TRUNK.test(written));
}

function isCalledAfter(text: string, end: number): boolean {
  const after = text.slice(end, end + 24);
  return CALLED_AFTER.test(after) || EXTENSION.test(after);
}

function isDialled(dialled: string, country: CountryCode | undefined): boolean {
  // also the numbers that films and forms use
  if (dialled.startsWith('+')) return parsePhoneNumberFromString(dialled, { extract: false })?.isPossible() ?? false;
  if (dialled.startsWith('00') && isValid(`+${dialled.slice(2)}`, undefined)) return true;
  return country !== undefined && isValid(dialled, country);
}

/** Made up, or given out since the rules were written: the right length, and written as nothing but a phone number is. */
function isWrittenAsOne(run: NumberRun, country: CountryCode | undefined): boolean {
  if (country === undefined || run.spoken || run.digits.length < FEWEST_MADE_UP) return false;
  const isGrouped = run.groups.length >= 3 && run.groups.every(({ digits }) => digits.length <= 4);
  if (!run.digits.startsWith('0') && !isGrouped) return false;
  const parsed = parsePhoneNumberFromString(run.digits, { defaultCountry: country, extract: false });
  // a zero that the country does not dial before long distance begins some other number
  return parsed?.isPossible() === true && !parsed.nationalNumber.startsWith('0');
}

const isValid = (dialled: string, country: CountryCode | undefined): boolean =>
  parsePhoneNumberFromString(
    dialled,
    country === undefined ? { extract: false } : { defaultCountry: country, extract: false },
  )?.isValid() ?? false;
