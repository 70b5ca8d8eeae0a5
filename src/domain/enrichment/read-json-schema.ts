// A JSON Schema of the platform (drafts 4 to 7: a flow's `inputSchema`, a custom-attributes schema) as what Throughline
// holds data against. Pure. Invariants: never throws; a property it cannot make sense of takes any value, as it is; what
// it leaves out is counted, and a document that declares nothing usable is told so.
import { z } from 'zod';
import type { InjectionTarget } from './values.ts';
import {
  ATTRIBUTE_TYPES,
  LONGEST_KEY,
  MOST_ALLOWED,
  MOST_DECLARED,
  type AttributeSchema,
  type AttributeType,
  type DeclaredAttribute,
  type Scalar,
} from './attribute-schema.ts';

export interface ReadSchema {
  readonly schema: AttributeSchema;
  /** Properties left out: too many, or of a key too long. */
  readonly leftOut: number;
  /** Why there is nothing to hold data against. */
  readonly problem?: string;
}

type Node = Readonly<Record<string, unknown>>;

/** `$ref` in `allOf` in `$ref`: nobody means more than this. */
const DEEPEST = 8;

const nodeSchema = z.record(z.string(), z.unknown());
const nodeOf = (value: unknown): Node | undefined => nodeSchema.safeParse(value).data;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, MOST_ALLOWED) : []);

/** `target`: where the values of this schema belong, if anywhere by themselves. */
export function readJsonSchema(document: unknown, name: string, target?: InjectionTarget): ReadSchema {
  const root = nodeOf(document);
  const nothing = (problem: string): ReadSchema => ({ schema: { name, attributes: [] }, leftOut: 0, problem });
  if (root === undefined) return nothing('there is no schema');
  const properties = nodeOf(root['properties']);
  if (properties === undefined) return nothing('the schema has no "properties"');
  const required = new Set(listOf(root['required']));
  const all = Object.entries(properties);
  const attributes = all
    .filter(([key, property]) => key !== '' && key.length <= LONGEST_KEY && property !== false)
    .slice(0, MOST_DECLARED)
    .map(([key, property]) =>
      declared(key, nodeOf(property) ?? {}, root, {
        required: required.has(key),
        ...(target === undefined ? {} : { target }),
      }),
    );
  const read = { schema: { name, attributes }, leftOut: all.length - attributes.length };
  return attributes.length > 0 ? read : { ...read, problem: 'the schema declares no properties' };
}

function declared(
  key: string,
  property: Node,
  root: Node,
  traits: Pick<DeclaredAttribute, 'required' | 'target'>,
): DeclaredAttribute {
  const node = resolved(property, root, 0);
  const branches = [...listOf(node['anyOf']), ...listOf(node['oneOf'])].map((one) =>
    resolved(nodeOf(one) ?? {}, root, 1),
  );
  const all = [node, ...branches];
  const types = [...new Set(all.flatMap(typesOf))];
  const nullable = node['nullable'] === true || all.some(takesNull);
  const lists = (branches.length > 0 && allowedBy(node).length === 0 ? branches : [node]).map(allowedBy);
  // one branch that takes anything lets anything through
  const allowed = lists.every(({ length }) => length > 0) ? lists.flat() : [];
  const shape = { key, types: types.length > 0 ? types : (['any'] as const).slice(), nullable, ...traits };
  return { ...shape, ...(allowed.length > 0 ? { allowed } : {}), ...limitsOf(node) };
}

/** What `$ref` and `allOf` say, with what the node itself says over it. */
function resolved(node: Node, root: Node, depth: number): Node {
  if (depth > DEEPEST) return {};
  const parts = listOf(node['allOf']).map((part) => resolved(nodeOf(part) ?? {}, root, depth + 1));
  const { $ref: reference } = node;
  const referred = typeof reference === 'string' ? resolved(referredBy(reference, root), root, depth + 1) : {};
  return Object.assign({}, ...parts, referred, node);
}

/** A definition of the document, or one of the core types that the platform's own schemas refer to. */
function referredBy(reference: string, root: Node): Node {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  const own = [root['definitions'], root['$defs']].map(nodeOf).find((node) => node !== undefined && Object.hasOwn(node, name)); // prettier-ignore
  return nodeOf(own?.[name]) ?? CORE_TYPES.get(name) ?? {};
}

const CORE_TYPES: ReadonlyMap<string, Node> = new Map([
  ...['text', 'longtext', 'url', 'identifier', 'enum'].map((name) => [name, { type: 'string' }] as const),
  ['date', { type: 'string', format: 'date' }],
  ['datetime', { type: 'string', format: 'date-time' }],
  ['integer', { type: 'integer' }],
  ['number', { type: 'number' }],
  ['checkbox', { type: 'boolean' }],
  ['tag', { type: 'array' }],
]);

function typesOf(node: Node): AttributeType[] {
  const named = [node['type']].flat().filter((name) => name !== 'null');
  const known = named.flatMap((name) => typeNamed(name, node['format']));
  if (known.length > 0 || named.some((name) => name !== undefined)) return known;
  return [...new Set(allowedBy(node).map((value) => typeof value))].flatMap((name) => typeNamed(name, undefined));
}

const FORMATS: ReadonlyMap<unknown, AttributeType> = new Map([
  ['date', 'date'],
  ['date-time', 'date-time'],
]);

/** `date` is no type of JSON Schema, but people write it: a day or a moment. */
function typeNamed(name: unknown, format: unknown): AttributeType[] {
  if (name === 'string') return [FORMATS.get(format) ?? 'string'];
  if (name === 'date') return ['date', 'date-time'];
  if (name === 'datetime') return ['date-time'];
  return ATTRIBUTE_TYPES.filter((type) => type === name);
}

const takesNull = (node: Node): boolean =>
  [node['type']].flat().includes('null') || listOf(node['enum']).includes(null);

function allowedBy(node: Node): Scalar[] {
  const values = 'const' in node ? [node['const']] : listOf(node['enum']);
  return values.filter((value): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value));
}

const lengthSchema = z.number().int().min(0).optional().catch(undefined);
const limitSchema = z.number().optional().catch(undefined);
const limitsSchema = z
  .object({ minLength: lengthSchema, maxLength: lengthSchema, minimum: limitSchema, maximum: limitSchema })
  .transform((limits) => Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined)));

const limitsOf = (node: Node): Partial<DeclaredAttribute> => limitsSchema.parse(node);
