// A telephone number as it is compared. Invariants: withheld numbers, also those spelt out on the keypad, are none; a
// number that no country's plan knows keeps only its last digits, which are weaker evidence.
import { parsePhoneNumberFromString, isSupportedCountry } from 'libphonenumber-js/max';

export interface Phone {
  readonly e164: string | undefined;
  readonly tail: string;
  readonly key: string;
}

const TAIL = 8;
const FEWEST_DIGITS = 7;
const KEYPAD = 'abc2def3ghi4jkl5mno6pqrs7tuv8wxyz9';
/** Gateways send these words as digits where the caller withheld the number: +266696687 reads ANONYMOUS. */
const SPELT_OUT = new Set(['anonymous', 'restricted', 'blocked', 'unknown', 'unavailable', 'private'].map(keyed));

function keyed(word: string): string {
  return word.replaceAll(/[a-z]/g, (letter) => /\d/.exec(KEYPAD.slice(KEYPAD.indexOf(letter)))?.[0] ?? '');
}

export function phoneFrom(text: string, region?: string): Phone | undefined {
  const bare = text
    .normalize('NFKC')
    .trim()
    .replace(/^(tel|sips?|whatsapp|sms|callto):/i, '');
  const number = bare.split(/[@;]/)[0]?.replace(/^00/, '+') ?? '';
  const digits = number.replaceAll(/\D/g, '');
  // A SIP address may have a name where a number would be
  if (/[a-z]{3}/i.test(number) || saysNothing(digits)) return undefined;
  const country = region?.trim().toUpperCase();
  const known = country !== undefined && isSupportedCountry(country) ? country : undefined;
  const parsed = parsePhoneNumberFromString(number.replace(/^-+/, ''), known);
  const e164 = parsed?.isValid() === true ? parsed.number : undefined;
  // Whole numbers can be short; a short one that is not whole is an extension
  if (e164 === undefined && digits.length < FEWEST_DIGITS) return undefined;
  const key = e164 ?? digits.replace(/^0+/, '');
  return { e164, tail: key.replace('+', '').slice(-TAIL), key };
}

const saysNothing = (digits: string): boolean => SPELT_OUT.has(digits) || /^(\d)\1+$/.test(digits);
