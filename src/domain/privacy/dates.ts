// Dates of birth. Invariant: a date is one only when it is called one: orders, bills and appointments have dates too.
import { cueBefore } from './cues.ts';
import type { Span } from './pii.ts';

const MONTH =
  '(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|ma[yi]|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?|' +
  'enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre)';
const NUMERIC =
  /(?<![\p{L}\d])(?:\d{4}([ ./-]{1,2})\d{1,2}\1\d{1,2}|\d{1,2}([ ./-]{1,2})\d{1,2}\2(?:\d{4}|\d{2}))(?![\p{L}\d]|[./-]\d)/gu;
const DAY_FIRST = new RegExp(String.raw`(?<![\p{L}\d])\d{1,2}(?:st|nd|rd|th|\.|er|º)?[ -](?:of |de )?${MONTH}\.?(?:[ ,-]{1,2}(?:de |del )?\d{4})(?!\d)`, 'giu'); // prettier-ignore
const MONTH_FIRST = new RegExp(String.raw`(?<![\p{L}\d])${MONTH}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}(?!\d)`, 'giu');
/** "born in 1950" tells less, and still too much beside a name. */
const YEAR = /(?<=\b(?:born (?:in|around)|year of birth(?: is|:)?|geboren|née? en) )(?:19|20)\d{2}(?!\d)/giu;
const ORDINAL =
  'first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|' +
  'twentieth|twenty[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|thirty[ -]first';
const SAID_MONTH = 'january|february|march|april|may|june|july|august|september|october|november|december';
const SAID_YEAR = String.raw`(?:nineteen|two thousand|twenty)(?:[ -](?:and|oh|hundred|[a-z]{3,9})){0,3}?[ -](?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?`;
const SAID = new RegExp(
  String.raw`\b(?:(?:the )?(?:${ORDINAL})(?: of)? (?:${SAID_MONTH})|(?:${SAID_MONTH}) (?:the )?(?:${ORDINAL}|\d{1,2}(?:st|nd|rd|th)?))(?:,? (?:${SAID_YEAR}|\d{4}))?\b`,
  'giu',
);

export function findBirthDates(text: string): Span[] {
  if (!CALLED.test(text)) return [];
  return [NUMERIC, DAY_FIRST, MONTH_FIRST, SAID]
    .flatMap((pattern) => matchesOf(text, pattern))
    .filter(({ start }) => cueBefore(text, start) === 'birth')
    .concat(matchesOf(text, YEAR));
}

/** Most texts speak of no birth: they cost one look. */
const CALLED = /dob|d\.o\.b|birth|born|gebor|geburt|naiss|n[ée]e?\b|nac|nasc|nat[ao]|föd|fød|synty|urodz/i;

const matchesOf = (text: string, pattern: RegExp): Span[] =>
  [...text.matchAll(pattern)].map(({ index, 0: match }) => ({
    start: index,
    end: index + match.length,
    type: 'DATE_OF_BIRTH',
  }));
