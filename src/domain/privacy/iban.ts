// International bank account numbers. Invariant: the length its country gives it and the check digits; where the check
// fails, only what is called an IBAN.
import { isMod97 } from './checksums.ts';
import { cueBefore } from './cues.ts';
import type { Span } from './pii.ts';

const LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 ' +
    'FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 ' +
    'LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ' +
    'ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20'
  )
    .split(' ')
    .map((one) => [one.slice(0, 2), Number(one.slice(2))]),
);
const BEGINNING = /(?<![\p{L}\d])[A-Za-z]{2} ?\d{2}(?=[ -]?[A-Za-z\d])/gu;
/** A space or a hyphen after each of 34. */
const LONGEST = 70;
/** Mistyped: letters and digits as far as they go. */
const CALLED = /^[A-Za-z]{2} ?\d{2}(?:[ -]?[A-Z\d]{4}){2,7}(?:[ -]?[A-Z\d]{1,3})?/;
const ALPHANUMERIC = /[A-Za-z\d]/;

export function findIbans(text: string): Span[] {
  return [...text.matchAll(BEGINNING)].flatMap(({ index }) => {
    const length = LENGTHS.get(text.slice(index, index + 2).toUpperCase());
    if (length === undefined) return [];
    const end = endOf(text, index, length);
    if (end !== undefined && isMod97(text.slice(index, end).replaceAll(/[ -]/g, '').toUpperCase()))
      return [spanOf(index, end)];
    return cueBefore(text, index) === 'iban'
      ? [spanOf(index, end ?? index + (CALLED.exec(text.slice(index, index + LONGEST))?.[0].length ?? 0))]
      : [];
  });
}

const spanOf = (start: number, end: number): Span => ({ start, end, type: 'IBAN_CODE' });

/** Where `length` letters and digits end, with at most one separator between two; nothing where more follow. */
function endOf(text: string, start: number, length: number): number | undefined {
  let left = length;
  let at = start;
  for (; left > 0 && at < start + LONGEST; at += 1) {
    const character = text.charAt(at);
    if (ALPHANUMERIC.test(character)) left -= 1;
    else if (!/[ -]/.test(character) || !ALPHANUMERIC.test(text.charAt(at + 1))) return undefined;
  }
  return left > 0 || ALPHANUMERIC.test(text.charAt(at)) ? undefined : at;
}
