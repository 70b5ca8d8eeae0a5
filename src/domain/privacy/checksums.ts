// The check digits that tell a number of people from any other number. Pure arithmetic; each takes digits alone unless it
// says otherwise.

export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const twice = digit * 2;
    sum += at % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}

/** ISO 7064 mod 97 over letters and digits, four moved to the end as an IBAN asks. */
export function isMod97(compact: string): boolean {
  let rest = 0;
  for (const character of `${compact.slice(4)}${compact.slice(0, 4)}`) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

const weighted = (digits: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, at) => sum + weight * Number(digits.charAt(at)), 0);

/** Brazil. */
export function isCpf(digits: string): boolean {
  if (/^(\d)\1+$/.test(digits)) return false;
  const check = (length: number): number => {
    const weights = Array.from({ length }, (_, at) => length + 1 - at);
    return ((weighted(digits, weights) * 10) % 11) % 10;
  };
  return check(9) === Number(digits[9]) && check(10) === Number(digits[10]);
}

/** Spain: DNI and NIE, with their letter. */
export function isDni(text: string): boolean {
  const number = text.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
  return 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(Number(number) % 23) === text.slice(-1);
}

/** The Netherlands. */
export const isBsn = (digits: string): boolean => weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;

/** Poland. */
export const isPesel = (digits: string): boolean =>
  isBirthPart(digits.slice(2, 4), digits.slice(4, 6), 20) &&
  weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;

/** Norway. */
export const isFodselsnummer = (digits: string): boolean =>
  weighted(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
  weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;

/** Belgium: both centuries. */
export function isBelgianNumber(digits: string): boolean {
  const body = Number(digits.slice(0, 9));
  const check = Number(digits.slice(9));
  return 97 - (body % 97) === check || 97 - ((2_000_000_000 + body) % 97) === check;
}

/** France: 13 digits and two of check; Corsica's letters count as 19 and 18. */
export function isNir(text: string): boolean {
  const body = text.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return 97n - (BigInt(body) % 97n) === BigInt(text.slice(13));
}

/** Finland, as 131052-308T. */
export const isHetu = (text: string): boolean =>
  '0123456789ABCDEFHJKLMNPRSTUVWXY'.charAt(Number(text.slice(0, 6) + text.slice(7, 10)) % 31) === text.slice(-1);

/** Czechia and Slovakia: ten digits divide by eleven. */
export const isRodneCislo = (digits: string): boolean => Number(digits) % 11 === 0;

/** Switzerland's 756…: EAN-13. */
export const isEan13 = (digits: string): boolean =>
  weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;

/** Day and month, where some countries add an offset to the month. */
export function isBirthPart(month: string, day: string, offset = 0): boolean {
  const inYear = offset === 0 ? Number(month) : Number(month) % offset;
  return inYear >= 1 && inYear <= 12 && Number(day) >= 1 && Number(day) <= 31;
}
