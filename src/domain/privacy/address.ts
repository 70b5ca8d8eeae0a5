// Postal addresses, where their form gives them away: a street with its number and a postcode with its town, or what is
// called an address. Invariant: the best that forms can do and no more: an address told in passing stays (README.md).
import type { Span } from './pii.ts';

const HOUSE = String.raw`\d{1,6}[ -]?(?:[A-Za-z](?![\p{L}\d]))?\.?`;
/** Words of a street or a town; a capital somewhere is asked for below. */
const WORDS = String.raw`[\p{L}\p{N}][\p{L}\p{M}\p{N}.'’/-]{0,30}(?: [\p{L}\p{M}\p{N}(][\p{L}\p{M}\p{N}.'’/()-]{0,30}){0,6}`;
/** 1012, 10115, 111 22, 00-950, 1000-001, SW1A 1AA, A-1010, D 10115. */
const POSTCODE = String.raw`(?:[A-Z]{1,2}[ -])?(?:\d{3,6}|\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3}|\d{5}-\d{3,4}|\d{4} ?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)`;
const TOWN_AFTER = new RegExp(String.raw`,\s{1,2}${POSTCODE} \p{Lu}[\p{L}\p{M}.'’/()-]{1,30}(?: [\p{L}(][\p{L}\p{M}.'’/()-]{0,30}){0,5}`, 'gu'); // prettier-ignore
const STREET_AT_END = new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${WORDS} ${HOUSE}|${HOUSE},? ${WORDS})$`, 'u');
const LONGEST_STREET = 90;

const SUFFIX =
  'street st road rd avenue ave lane ln drive dr boulevard blvd court ct way circle cir place pl square sq terrace ter close crescent parkway pkwy highway hwy trail grove'
    .split(' ')
    .map((word) => `[${word.charAt(0).toUpperCase()}${word.charAt(0)}]${word.slice(1)}`)
    .join('|');
const CAPITAL = String.raw`\p{Lu}[\p{L}\p{M}.'’-]{0,30}`;
const ENGLISH = new RegExp(
  String.raw`(?<![\p{L}\d#-])\d{1,6} (?:${CAPITAL} |\d{1,3}(?:st|nd|rd|th) ){1,4}(?:${SUFFIX})\b\.?` +
    String.raw`(?:,? (?:[Aa]pt|[Ss]uite|[Ss]te|[Uu]nit|[Ff]lat|#)\.? ?\w{1,6})?` +
    String.raw`(?:,? ${CAPITAL}(?: ${CAPITAL}){0,2},? [A-Z]{2}(?: \d{5}(?:-\d{4})?)?(?![\p{L}\d]))?`,
  'gu',
);

const CALLED =
  /\b(?:(?:new |home |billing |shipping |delivery |postal |mailing )?address(?: is| to| as|:)|(?:arrived|delivered?|live|living|lives|residing|reside|office is|registered) (?:at|to)|moved to|ship(?:ped)? to|send it to|wohnhaft in|meine adresse (?:ist|lautet)|mi dirección es|mon adresse est|il mio indirizzo è)[ :]{1,2}/giu;
const REST = /^[^\n!?;"<>|]{6,120}/u;
/** Where the address is over and the sentence goes on. */
const GOES_ON =
  /\.(?=\s+\p{Lu}[\p{Ll}'’]+(?:\s|$))|\s+(?:and|please|but|thanks|thank|because|not|last|which|instead|yesterday|today)\b/u;

export function findAddresses(text: string): Span[] {
  if (!/\d/.test(text)) return [];
  return [...beforeTowns(text), ...matchesOf(text, ENGLISH), ...called(text)];
}

const matchesOf = (text: string, pattern: RegExp): Span[] =>
  [...text.matchAll(pattern)]
    .filter(({ 0: match }) => /\p{Lu}/u.test(match))
    .map(({ index, 0: match }) => ({ start: index, end: index + match.length, type: 'ADDRESS' }));

function beforeTowns(text: string): Span[] {
  return [...text.matchAll(TOWN_AFTER)].flatMap(({ index, 0: match }) => {
    const before = text.slice(Math.max(0, index - LONGEST_STREET), index);
    const line = before.slice(before.lastIndexOf('\n') + 1);
    const street = STREET_AT_END.exec(line)?.[0];
    if (street === undefined || !/\p{Lu}/u.test(street)) return [];
    return [{ start: index - withoutLead(street).length, end: index + match.length, type: 'ADDRESS' as const }];
  });
}

/** "update my address to Main Road 1": the street begins after the last small word that is no part of a name. */
const withoutLead = (street: string): string =>
  street.replace(/^.*\b(?:to|at|is|address|in|arrived|lives?|nach|ist)\b:? (?=\S)/u, '');

function called(text: string): Span[] {
  return [...text.matchAll(CALLED)].flatMap(({ index, 0: cue }) => {
    const start = index + cue.length;
    const rest = REST.exec(text.slice(start, start + 120))?.[0] ?? '';
    const stop = rest.search(GOES_ON);
    const address = (stop < 0 ? rest : rest.slice(0, stop)).replace(/[\s.,]+$/u, '');
    const isOne = /\d/.test(address) && /\p{L}{2}/u.test(address) && !/@|:\/\//.test(address);
    return isOne ? [{ start, end: start + address.length, type: 'ADDRESS' as const }] : [];
  });
}
