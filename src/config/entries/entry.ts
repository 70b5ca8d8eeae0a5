// What a setting is made of, and the value types settings share.
// Invariant: a schema takes the text of an environment variable; its messages continue the sentence "<value> …".
import { z } from 'zod';

export interface Entry<S extends z.ZodType = z.ZodType> {
  readonly env: string;
  readonly group: string;
  readonly schema: S;
  /** As it would be written in the environment; absent = unset. */
  readonly default?: string;
  readonly description: string;
  readonly example: string;
  /** Never printed; may also come from the file named by `<env>_FILE`. */
  readonly secret?: true;
  /** May also come from the file named by `<env>_FILE`: too long for one line. */
  readonly fromFile?: true;
}

/** Keeps the literal type, so that an entry with a default is known to be always set. */
export const entry = <const D extends Entry>(definition: D): D => definition;

export const integer = (minimum: number, maximum: number) => {
  const range = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, range)
    .transform(Number)
    .pipe(z.number().min(minimum, range).max(maximum, range));
};

export const port = () => integer(0, 65_535);

export const text = () => z.string().max(4096, 'must have at most 4096 characters');

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

export const httpUrl = () => z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });

const uuid = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

export const idList = () =>
  z
    .string()
    .regex(new RegExp(`^(all|none|${uuid}(,${uuid})*)$`), 'must be "all", "none", or ids (UUIDs) joined by commas');

export const key32 = () =>
  z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64 (openssl rand -base64 32 makes them)');
