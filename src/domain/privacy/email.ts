// E-mail addresses: written, hidden from robots ("jane (at) example (dot) org") and spoken ("jane dot doe at example dot
// com"). Invariant: bounded: from each sign the walk goes at most as far as an address may be long.
import { DIGIT_WORDS, REPEATS, TEENS, TENS } from './digit-words.ts';
import type { Span } from './pii.ts';

const LOCAL = /[\p{L}\p{M}\p{N}.!#$%&'*+/?^_`{|}~-]/u;
const LONGEST_LOCAL = 64;
/** What a sentence or a field puts before an address. */
const BEFORE_LOCAL = /^[.'`*!?/|{}&#$%^~-]+/;
const DOMAIN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z\d-]{1,59}|\p{L}{2,24})/iu;
/** Who signs in at a host: url.ts has it. */
const USER_OF_URL = /:\/\/[^\s/]*$/;
const LONGEST_DOMAIN = 253;

export function findEmails(text: string): Span[] {
  return [...writtenEmails(text), ...saidEmails(text)];
}

function writtenEmails(text: string): Span[] {
  const spans: Span[] = [];
  for (const { index, 0: sign } of text.matchAll(/@|%40/g)) {
    const after = index + sign.length;
    const domain = DOMAIN.exec(text.slice(after, after + LONGEST_DOMAIN))?.[0];
    const start = domain === undefined ? index : localStart(text, index);
    const isUserOfUrl = USER_OF_URL.test(text.slice(Math.max(0, start - LONGEST_LOCAL), start));
    if (domain !== undefined && start < index && !isUserOfUrl)
      spans.push({ start, end: after + domain.length, type: 'EMAIL_ADDRESS' });
  }
  return spans;
}

function localStart(text: string, sign: number): number {
  let start = sign;
  while (start > 0 && start > sign - LONGEST_LOCAL && LOCAL.test(text.charAt(start - 1))) start -= 1;
  // an emoji or the half of one is no letter: the walk stopped before it
  return start + (BEFORE_LOCAL.exec(text.slice(start, sign))?.[0].length ?? 0);
}

/** "at" as people write and say it: in brackets, alone, or by the name of the sign in their language. */
const SIGN = new RegExp(
  String.raw`\s{0,2}[([{<]\s?(?:at|@|ät|arroba|arobase)\s?[)\]}>]\s{0,2}` +
    String.raw`|\s{1,2}(?:at|at sign|ät|arroba|arobase|chiocciola|apenstaartje|kukac|zavináč|małpa|snabel-?a|@)\s{1,2}` +
    String.raw`|\s?[-_]at[-_]\s?|\s{1,2}@|@\s{1,2}`,
  'giu',
);
const DOT = String.raw`(?:\s{0,2}[([{<]\s?(?:dot|\.|punkt|punto|ponto|point)\s?[)\]}>]\s{0,2}|\s{1,2}(?:dot|punkt|punto|ponto|point|tečka|kropka|punt|piste)\s{1,2}|\s?[-_]dot[-_]\s?)`;
/** Some hosts are two words to a machine that listens. */
const LABEL = String.raw`(?:g mail|hot mail|out look|i cloud|proton mail|[\p{L}\p{N}][\p{L}\p{N}-]{0,62})`;
/** The last label has letters alone; where one dot is spoken, the others may be written. */
const SAID_DOMAIN = new RegExp(`^${LABEL}(?:(?:${DOT}|\\.)${LABEL}){0,3}?(?:${DOT})\\p{L}{2,12}(?:(?:${DOT}|\\.)\\p{L}{2,3}(?![\\p{L}\\p{N}]))?(?![\\p{L}\\p{N}])`, 'iu'); // prettier-ignore
const WRITTEN_DOMAIN = new RegExp(String.raw`^${LABEL}(?:\.${LABEL}){0,3}\.\p{L}{2,12}(?![\p{L}\p{N}])`, 'iu');
const LONGEST_SAID = 160;

function saidEmails(text: string): Span[] {
  const spans: Span[] = [];
  for (const { index, 0: sign } of text.matchAll(SIGN)) {
    const after = index + sign.length;
    const rest = text.slice(after, after + LONGEST_SAID);
    const domain = SAID_DOMAIN.exec(rest)?.[0] ?? (isSure(sign) ? WRITTEN_DOMAIN : MAILBOXES).exec(rest)?.[0];
    if (domain === undefined) continue;
    const start = saidLocalStart(text, index);
    if (start < index) spans.push({ start, end: after + domain.length, type: 'EMAIL_ADDRESS' });
  }
  return spans;
}

/** Nobody looks "at gmail.com": whoever writes that has a mailbox there. */
const MAILBOXES =
  /^(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|protonmail|proton|aol|gmx|live|msn|web|orange|yandex)\.[\p{L}.]{2,6}(?![\p{L}\p{N}])/iu;

/** "look at example.org" is no address; "jane (at) example.org" is. */
const isSure = (sign: string): boolean => !/^\s+(?:at|ät)\s+$/iu.test(sign);

const WORD_BEFORE =
  /(?:[\p{L}\p{M}\p{N}._+'-]{1,64}|[([{<]\s?(?:dot|punkt|punto|ponto|point|underscore|\.)\s?[)\]}>])(\s{0,2})$/iu;
const JOINERS = new Set([
  'dot',
  'punkt',
  'punto',
  'ponto',
  'point',
  'period',
  'tečka',
  'kropka',
  'underscore',
  'dash',
  'hyphen',
  'minus',
  'plus',
]);
const MOST_WORDS = 24;

/** A local part is one word, or several that "dot" and the like join, or letters and digits spelt one by one. */
function saidLocalStart(text: string, sign: number): number {
  let start = sign;
  let isOpen = true;
  for (let word = 0; word < MOST_WORDS; word += 1) {
    const before = WORD_BEFORE.exec(text.slice(Math.max(0, start - 80), start));
    if (
      before === null ||
      (before[1] === '' && start !== sign && !/[)\]}>]$/.test(before[0]) && !/^[([{<]/.test(text.slice(start)))
    )
      break;
    const said = before[0].trim().toLowerCase();
    const joins = JOINERS.has(said) || /^[([{<]/.test(said);
    if (!joins && !isOpen && !isSpelt(said)) break;
    // what "dot" joins, and the one word that digits follow
    isOpen = joins || (isOpen && isDigitWord(said));
    if (!joins && isNoName(said)) break;
    start -= before[0].length;
  }
  return start + (/^\s+/.exec(text.slice(start, sign))?.[0].length ?? 0);
}

const isDigitWord = (word: string): boolean =>
  DIGIT_WORDS.has(word) || TEENS.has(word) || TENS.has(word) || REPEATS.has(word);
const isSpelt = (word: string): boolean => word.length === 1 || isDigitWord(word);
const isNoName = (word: string): boolean =>
  /^(?:is|it's|its|email|e-mail|mail|address|the|my|me|to|at|and|es|ist|est|é|è|lautet|correo|contact|reach)$/.test(
    word,
  );
