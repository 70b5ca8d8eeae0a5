// What a platform address says of a person: a phone number, an e-mail address, or neither (a guest, a page, a withheld
// number). Pure. Invariant: never guesses a country; bounded; the same address in two spellings reads the same.

export type Address = { readonly phone: string } | { readonly email: string };

/** E.164 has 15 digits at most; fewer than 6 is an extension. */
const PHONE = /^(\+?)(\d{6,15})$/;
const EMAIL = /^[^\s@"<>]{1,64}@[^\s@"<>]{1,190}\.[^\s@"<>.]{2,63}$/;
const SCHEME = /^(tel|sips?|mailto|whatsapp|sms):/i;
/** The platform names guests of its own chat so: nobody's e-mail. */
const GUEST = '@guest.orgspan.com';

export const LONGEST_ADDRESS = 320;

export function readAddress(text: string): Address | undefined {
  if (text.length > LONGEST_ADDRESS) return undefined;
  const trimmed = text.trim();
  const scheme = SCHEME.exec(trimmed)?.[1]?.toLowerCase();
  const bare = scheme === undefined ? trimmed : trimmed.slice(scheme.length + 1);
  const isEmail = bare.includes('@') && (scheme === undefined || scheme === 'mailto');
  if (!isEmail) return phoneOf(bare.split(/[@;?]/, 1)[0] ?? '');
  const email = bare.toLowerCase();
  return EMAIL.test(email) && !email.endsWith(GUEST) ? { email } : undefined;
}

function phoneOf(text: string): Address | undefined {
  const [, plus, digits] = PHONE.exec(text.replaceAll(/[\s().-]/g, '')) ?? [];
  if (digits === undefined) return undefined;
  // 00 stands for + in most of the world; what is then left needs its country
  if (plus === '' && digits.startsWith('00') && digits.length > 8) return { phone: `+${digits.slice(2)}` };
  return { phone: `${plus}${digits}` };
}
