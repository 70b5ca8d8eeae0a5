// The personal parts of URLs: who signed in, and the values of parameters whose name says that they are a person's or a
// secret. Invariant: the rest of the address stays, so that one still sees what was asked for.
import type { Span } from './pii.ts';

const USER = /(?<=\b[a-z][a-z\d+.-]{1,15}:\/\/)[^\s/@:?#]{1,64}(?::[^\s/@?#]{0,128})?(?=@)/giu;
const PERSONAL =
  'e?-?mail|phone|tel|mobile|msisdn|name|first_?name|last_?name|surname|user|user_?name|login|customer|dob|birth_?date|address|ssn|' +
  'iban|card|account|token|access_?token|id_?token|refresh_?token|api_?key|key|secret|password|pwd|sig|signature|session|session_?id|sid|auth|otp';
const VALUE = new RegExp(String.raw`(?<=[?&;#](?:${PERSONAL})=)[^\s&#;"'<>]{1,2048}`, 'giu');

export function findUrlParts(text: string): Span[] {
  if (!text.includes('://')) return [];
  return [USER, VALUE].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index, 0: match }) => ({
      start: index,
      end: index + match.length,
      type: 'URL' as const,
    })),
  );
}
