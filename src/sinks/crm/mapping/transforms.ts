// The changes a mapping may make to a value on its way into a field. Invariant: pure; null stays null; a value that
// cannot be changed as asked is refused by a reason that never quotes it.
import { z } from 'zod';

/** Thrown for one record's value: the record is set aside, its batch goes on. */
export class Unmappable extends Error {}

const scalar = z.union([z.string().max(4096), z.number(), z.boolean(), z.null()]);

const NAMED = {
  string: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  number: (value) => {
    const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
    return Number.isFinite(number) ? number : refuse('is not a number');
  },
  boolean: (value) => {
    const word = String(value).toLowerCase();
    if (['true', '1', 'yes'].includes(word)) return true;
    return ['false', '0', 'no'].includes(word) ? false : refuse('is neither true nor false');
  },
  upper: (value) => textOf(value).toUpperCase(),
  lower: (value) => textOf(value).toLowerCase(),
  round: (value) => (typeof value === 'number' ? Math.round(value) : refuse('is not a number')),
  date: (value) => new Date(instantOf(value)).toISOString().slice(0, 10),
  epochMs: (value) => instantOf(value),
  epochSeconds: (value) => Math.floor(instantOf(value) / 1000),
} satisfies Record<string, (value: unknown) => unknown>;

type Named = keyof typeof NAMED;
const names = Object.keys(NAMED) as [Named, ...Named[]];

const one = z
  .strictObject({
    as: z.enum(names, { error: `must be one of ${names.join(', ')}` }).optional(),
    /** Words for words; a word that is not listed is `otherwise`, or refused. */
    map: z.record(z.string().max(256), scalar).optional(),
    otherwise: scalar.optional(),
    prefix: z.string().max(256).optional(),
    suffix: z.string().max(256).optional(),
    truncate: z.number().int().min(1).max(131_072).optional(),
    replace: z.record(z.string().min(1).max(16), z.string().max(16)).optional(),
  })
  .superRefine((given, context) => {
    const kinds = (['as', 'map', 'prefix', 'suffix', 'truncate', 'replace'] as const).filter(
      (kind) => given[kind] !== undefined,
    );
    if (kinds.length !== 1) context.addIssue('must hold one of as, map, prefix, suffix, truncate, replace');
    if (given.otherwise !== undefined && given.map === undefined)
      context.addIssue({ code: 'custom', path: ['otherwise'], message: 'goes with map only' });
  });

export type Transform = z.output<typeof one>;

/** A word is short for `{"as": word}`. */
export const transformSchema: z.ZodType<Transform> = z.preprocess(
  (given) => (typeof given === 'string' ? { as: given } : given),
  one,
);

/** @throws Unmappable */
export const transformed = (value: unknown, transforms: readonly Transform[]): unknown =>
  transforms.reduce((current, transform) => (current === null ? null : apply(current, transform)), value);

function apply(value: unknown, { as, map, otherwise, prefix, suffix, truncate, replace }: Transform): unknown {
  if (as !== undefined) return NAMED[as](value);
  if (map !== undefined) return translated(String(value), map, otherwise);
  if (prefix !== undefined) return prefix + textOf(value);
  if (suffix !== undefined) return textOf(value) + suffix;
  if (truncate !== undefined) return textOf(value).slice(0, truncate);
  return Object.entries(replace ?? {}).reduce((text, [from, to]) => text.replaceAll(from, to), textOf(value));
}

function translated(word: string, map: NonNullable<Transform['map']>, otherwise: Transform['otherwise']): unknown {
  if (Object.hasOwn(map, word)) return map[word];
  return otherwise === undefined ? refuse('is none of the words of its map, which has no "otherwise"') : otherwise;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : refuse('is not a plain value');
}

function instantOf(value: unknown): number {
  const at = typeof value === 'number' ? value : Date.parse(String(value));
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? at : refuse('is not a time');
}

function refuse(why: string): never {
  throw new Unmappable(why);
}
