// How fields lie in a flat object that others write to as well: each value under its key, and the times and sources of
// all of them as JSON text under one key more. Invariant: what carries no stamp is older than anything that does.
import { z } from 'zod';
import { merge, saidSchema, type Fields, type Said } from '../../domain/merge.ts';

export type Values = Readonly<Record<string, unknown>>;

/** A value that somebody wrote who keeps no times: any event knows better. */
const UNKNOWN_TIME = 0;
/** Some 200 keys; a longer one is not of our making. */
const MAX_STAMPS_CHARS = 16_384;

const { value: valueSchema, at, source } = saidSchema.shape;
const stampsSchema = z.record(z.string().max(256), z.tuple([at, source]));
type Stamps = Readonly<z.infer<typeof stampsSchema>>;

export function fieldsIn(values: Values, stampsKey: string): Fields {
  const stamps = readStamps(values[stampsKey]);
  const fields = Object.entries(values).flatMap(([key, written]): [string, Said][] => {
    const value = valueSchema.safeParse(written);
    if (key === stampsKey || !value.success) return [];
    const [time, who] = (Object.hasOwn(stamps, key) ? stamps[key] : undefined) ?? [UNKNOWN_TIME, ''];
    return [[key, { value: value.data, at: time, source: who }]];
  });
  return Object.fromEntries(fields);
}

/** What must be written to bring `news` in: their values, and every stamp there is. */
export function valuesFor(news: Fields, held: Fields, stampsKey: string): Values {
  const values = Object.entries(news).map(([key, { value }]) => [key, value]);
  const stamps = Object.entries(merge(held, news))
    .filter(([, said]) => said.at !== UNKNOWN_TIME)
    .map(([key, said]) => [key, [said.at, said.source]]);
  return { ...Object.fromEntries(values), [stampsKey]: JSON.stringify(Object.fromEntries(stamps)) };
}

function readStamps(text: unknown): Stamps {
  if (typeof text !== 'string' || text.length > MAX_STAMPS_CHARS) return {};
  try {
    return stampsSchema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
