// One value against one declared type (the table is in README.md). Pure. Invariants: what is given back is of the type
// asked for, finite where it is a number; nothing is guessed and nothing is lost on the way; why not is a code, never
// the value.
import type { AttributeType } from './attribute-schema.ts';
import { refused, taken, type Converted } from './converted.ts';
import { dateFrom, dateTimeFrom } from './iso-date.ts';

const CONVERSIONS: Readonly<Record<AttributeType, (value: unknown) => Converted>> = {
  string: toText,
  number: toNumber,
  integer: toInteger,
  boolean: toBoolean,
  date: (value) => (typeof value === 'string' ? dateFrom(value) : refused('other_type')),
  'date-time': (value) => (typeof value === 'string' ? dateTimeFrom(value) : refused('other_type')),
  array: (value) => (Array.isArray(value) ? taken(value) : refused('other_type')),
  object: (value) => (isObject(value) ? taken(value) : refused('other_type')),
  any: taken,
};

export const convert = (value: unknown, type: AttributeType): Converted => CONVERSIONS[type](value);

/** It is of that type as it stands. */
export function isAlready(value: unknown, type: AttributeType): boolean {
  const converted = convert(value, type);
  return converted.ok && converted.value === value;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A number beyond 2^53 has lost digits before it came here: as a text it would look whole. */
function toText(value: unknown): Converted {
  if (typeof value === 'string') return taken(value);
  if (typeof value === 'boolean') return taken(String(value));
  if (typeof value !== 'number') return refused('other_type');
  return Number.isFinite(value) && keepsDigits(value) ? taken(String(value)) : refused('too_many_digits');
}

const keepsDigits = (value: number): boolean => !Number.isInteger(value) || Number.isSafeInteger(value);

/** Digits with one point at most; an exponent is a decimal number too. No 0x, no separators, no Infinity. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

function toNumber(value: unknown): Converted {
  if (typeof value === 'number') return Number.isFinite(value) ? taken(value) : refused('no_decimal_number');
  if (typeof value !== 'string') return refused('other_type');
  const text = value.trim();
  if (text === '') return refused('empty');
  if (!DECIMAL.test(text)) return refused('no_decimal_number');
  const number = Number(text);
  return Number.isFinite(number) && keepsDigits(number) ? taken(number) : refused('too_many_digits');
}

function toInteger(value: unknown): Converted {
  const converted = toNumber(value);
  if (!converted.ok) return converted;
  if (Number.isSafeInteger(converted.value)) return converted;
  return refused(Number.isInteger(converted.value) ? 'too_many_digits' : 'no_whole_number');
}

const WORDS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

function toBoolean(value: unknown): Converted {
  if (typeof value === 'boolean') return taken(value);
  if (typeof value !== 'string' && typeof value !== 'number') return refused('other_type');
  const word = String(value).trim().toLowerCase();
  if (word === '') return refused('empty');
  const meant = WORDS.get(word);
  return meant === undefined ? refused('no_yes_or_no') : taken(meant);
}
