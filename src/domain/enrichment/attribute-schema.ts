// What attributes a flow or a custom-attributes schema takes: the one form that validation and the inspector know,
// whatever document it was read from. Invariant: bounded, and in the order in which the document declares them.
import { z } from 'zod';
import { INJECTION_TARGETS, type InjectionTarget } from './values.ts';

export const ATTRIBUTE_TYPES = [
  'string',
  'number',
  'integer',
  'boolean',
  'date',
  'date-time',
  'array',
  'object',
  'any',
] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** Beyond this many a document is no declaration of inputs; the platform's own schemas have tens. */
export const MOST_DECLARED = 1000;
export const LONGEST_KEY = 256;
export const MOST_ALLOWED = 500;

const scalarSchema = z.union([z.string().max(4096), z.number(), z.boolean()]);
export type Scalar = z.infer<typeof scalarSchema>;

export const declaredAttributeSchema = z.object({
  key: z.string().min(1).max(LONGEST_KEY),
  /** Tried in this order where a value is none of them yet. */
  types: z.array(z.enum(ATTRIBUTE_TYPES)).min(1).max(ATTRIBUTE_TYPES.length),
  required: z.boolean(),
  nullable: z.boolean(),
  /** Absent: wherever attributes go unless said otherwise. */
  target: z.enum(INJECTION_TARGETS).optional(),
  /** `enum`: nothing else is taken. */
  allowed: z.array(scalarSchema).max(MOST_ALLOWED).optional(),
  minLength: z.number().int().min(0).optional(),
  maxLength: z.number().int().min(0).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
export type DeclaredAttribute = Readonly<z.infer<typeof declaredAttributeSchema>>;

export const attributeSchemaSchema = z.object({
  /** For people: "flow Enrich customer (7f…)". */
  name: z.string().max(1000),
  attributes: z.array(declaredAttributeSchema).max(MOST_DECLARED),
});
export interface AttributeSchema {
  readonly name: string;
  readonly attributes: readonly DeclaredAttribute[];
}

/** `string, integer or null`; with what an enum leaves of it. */
export function describeExpected({ types, nullable, allowed }: DeclaredAttribute): string {
  const names: readonly string[] = nullable ? [...types, 'null'] : types;
  const listed = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  return allowed === undefined ? listed : `${listed}, one of ${allowed.length}`;
}

/** Of two documents that apply together; what both declare is as the first says. */
export function joinSchemas(schemas: readonly AttributeSchema[]): AttributeSchema {
  const byKey = new Map<string, DeclaredAttribute>();
  for (const attribute of schemas.flatMap(({ attributes }) => attributes)) {
    if (!byKey.has(attribute.key)) byKey.set(attribute.key, attribute);
  }
  const attributes = [...byKey.values()].slice(0, MOST_DECLARED);
  return { name: schemas.map(({ name }) => name).join(' and '), attributes };
}

/** Each key where configuration wants it. */
export function aimAttributes(
  schema: AttributeSchema,
  targets: Readonly<Record<string, InjectionTarget>>,
): AttributeSchema {
  const attributes = schema.attributes.map((attribute) => {
    const target = Object.hasOwn(targets, attribute.key) ? targets[attribute.key] : undefined;
    return target === undefined ? attribute : { ...attribute, target };
  });
  return { ...schema, attributes };
}
