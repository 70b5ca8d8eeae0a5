// Last writer wins, key by key: how what several writers say of one thing becomes one. Pure. Invariant: associative,
// commutative and idempotent, so that any order, any repeat and any detour through a conflict ends the same.
import { z } from 'zod';

/** Of one key: what was said, when it happened (epoch ms, the event's own time) and who said it. */
export const saidSchema = z.object({
  value: z.union([z.string().max(4096), z.number(), z.boolean()]),
  at: z.number().int(),
  source: z.string().max(128),
});

export const fieldsSchema = z.record(z.string().min(1).max(256), saidSchema);

export type Said = Readonly<z.infer<typeof saidSchema>>;
export type Fields = Readonly<Record<string, Said>>;

/** Both sides' keys; on one key the newer event. */
export function merge(one: Fields, other: Fields): Fields {
  return Object.fromEntries([...Object.entries(one), ...Object.entries(newerIn(other, one))]);
}

/** The part of `said` that `known` lacks or is behind of: nothing where it has been told all of it. */
export function newerIn(said: Fields, known: Fields): Fields {
  const newer = Object.entries(said).filter(([key, value]) => {
    const before = Object.hasOwn(known, key) ? known[key] : undefined;
    return before === undefined || compare(value, before) > 0;
  });
  return Object.fromEntries(newer);
}

export const isEmpty = (fields: Fields): boolean => Object.keys(fields).length === 0;

/** The time decides; of one instant the source, then the value: without a fixed order two writers could swap for ever. */
function compare(one: Said, other: Said): number {
  return (
    one.at - other.at ||
    order(one.source, other.source) ||
    order(typeof one.value, typeof other.value) ||
    order(one.value, other.value)
  );
}

/** By code units, the same on every machine; only ever asked of two of one type. */
const order = (one: Said['value'], other: Said['value']): number => (one < other ? -1 : one > other ? 1 : 0);
