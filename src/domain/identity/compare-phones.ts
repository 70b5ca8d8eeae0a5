// Whether two telephone numbers are one. Invariant: symmetric; different numbers say nothing: people have several.
import type { Phone } from './phone.ts';
import { edits } from './similarity.ts';

export type PhoneLevel = 'same' | 'tail' | 'near';

export function comparePhones(one: Phone, other: Phone): PhoneLevel | undefined {
  if (one.key === other.key) return 'same';
  if (one.e164 === undefined || other.e164 === undefined) return one.tail === other.tail ? 'tail' : undefined;
  return one.e164.length === other.e164.length && edits(one.e164, other.e164) === 1 ? 'near' : undefined;
}
