// What a look-up mapping file may say: by which identifiers, in which order, a customer is asked for, and what of the
// answer becomes an attribute. Invariant: secrets are settings, never in this file; every list is bounded, and so is the
// number of requests that one customer can cost.
import { z } from 'zod';
import { Fatal } from '../../runtime/errors.ts';
import { readJsonFile } from '../../runtime/json-file.ts';
import { authSchema, headersSchema } from '../../sinks/crm/mapping/schema.ts';
import { templateSchema } from '../../sinks/crm/mapping/template.ts';

/** Each can cost a request where the ones before find nobody. */
const MOST_IDENTIFIERS = 6;
const VALUE = '{value}';

const by = z.string().regex(/^(phone|email|externalContactId|attribute:.{1,256})$/, {
  error: 'must be phone, email, externalContactId, or attribute: and the name of a participant attribute',
});

const path = z
  .string()
  .max(2048)
  .regex(/^\/([\w.~!$&'()*+,;=:@%/?-]|\{value\})*$/, 'must start with "/"; {value} is where the identifier goes');

const identifier = z
  .strictObject({
    by,
    path,
    /** Sent as JSON; "{value}" within its texts is the identifier. */
    body: z.record(z.string().max(100), z.json()).optional(),
  })
  .refine((given) => JSON.stringify([given.path, given.body ?? null]).includes(VALUE), {
    path: ['path'],
    message: `must hold ${VALUE} where the identifier goes, or "body" must`,
  });
export type IdentifierRule = z.output<typeof identifier>;

export const lookupMappingSchema = z
  .strictObject({
    method: z.enum(['GET', 'POST']).default('GET'),
    headers: headersSchema.default({}),
    /** Absent: bearer where THROUGHLINE_CRM_TOKEN is set. */
    auth: authSchema.optional(),
    identifiers: z
      .array(identifier)
      .min(1)
      .max(MOST_IDENTIFIERS)
      .default(
        (['externalContactId', 'phone', 'email'] as const).map((one) => ({
          by: one,
          path: `/customers?${one}=${VALUE}`,
        })),
      ),
    /** Path of the customer in the answer; nothing there, or null: nobody is found. */
    customer: z.string().max(255).default('customers.0'),
    notFound: z.array(z.number().int().min(400).max(499)).max(10).default([404]),
    /** Name to where it comes from in the customer; absent: the customer's own fields. */
    attributes: templateSchema.optional(),
  })
  .superRefine(({ method, identifiers }, context) => {
    for (const [index, { body }] of identifiers.entries()) {
      if (method === 'GET' && body !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['identifiers', index, 'body'],
          message: 'goes with "method": "POST" only',
        });
    }
  });
export type LookupMapping = z.output<typeof lookupMappingSchema>;

const defaultLookupMapping = lookupMappingSchema.parse({});

export type ReadLookupMapping =
  | { readonly ok: true; readonly mapping: LookupMapping }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readLookupMapping(file: string | undefined): ReadLookupMapping {
  if (file === undefined) return { ok: true, mapping: defaultLookupMapping };
  const advice = 'It must name a readable JSON file; one to begin with is mappings/lookup/default.json.';
  const read = readJsonFile(file, lookupMappingSchema, advice);
  return read.ok ? { ok: true, mapping: read.value } : read;
}

/** @throws Fatal: the file was sound when the process checked its settings, and has changed since. */
export function loadLookupMapping(file: string | undefined): LookupMapping {
  const read = readLookupMapping(file);
  if (read.ok) return read.mapping;
  throw new Fatal('configuration', `THROUGHLINE_ENRICHMENT_MAPPING: ${read.problems.join(' ')}`);
}

const ATTRIBUTE = 'attribute:';

/** The participant attributes that customers are looked up by. */
export const attributesOf = ({ identifiers }: LookupMapping): readonly string[] =>
  identifiers.filter(({ by: one }) => one.startsWith(ATTRIBUTE)).map(({ by: one }) => one.slice(ATTRIBUTE.length));
