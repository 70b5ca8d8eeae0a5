// Takes personal data out of a text. Invariants: redacting what was redacted changes nothing; a mask keeps every length and
// place; what is not personal stays to the letter.
import { detect } from './detect.ts';
import { MARKS, type PiiType, type Span, type TextContext } from './pii.ts';

/** `token` says what stood there, `mask` how long it was, `drop` nothing. */
export const STYLES = ['token', 'mask', 'drop'] as const;
export type Style = (typeof STYLES)[number];

/** What went changes what the rest looks like, rarely and never for long. */
const MOST_ROUNDS = 8;

export function redactText(text: string, context: TextContext = {}, style: Style = 'token'): string {
  let redacted = text;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const spans = detect(redacted, context).filter((span) => style !== 'mask' || !isMasked(redacted, span));
    if (spans.length === 0) return redacted;
    redacted = withoutSpans(redacted, spans, style);
  }
  return redacted;
}

function withoutSpans(text: string, spans: readonly Span[], style: Style): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end, type } of spans) {
    pieces.push(text.slice(at, start), inPlaceOf(text.slice(start, end), type, style));
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}

/** What stands for one value. */
export function inPlaceOf(value: string, type: PiiType, style: Style): string {
  if (style === 'drop') return '';
  return style === 'token' ? MARKS[type] : masked(value);
}

const UNMASKED = /[\p{L}\p{M}\p{N}]/gu;

/** By the UTF-16 unit, so that offsets stay. */
export const masked = (value: string): string =>
  value.replaceAll(UNMASKED, (character) => '*'.repeat(character.length));

const isMasked = (text: string, { start, end }: Span): boolean => !/[\p{L}\p{M}\p{N}]/u.test(text.slice(start, end));
