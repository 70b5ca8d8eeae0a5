// What enrichment would do to one conversation, key by key: behind the command, the API and the console's page alike.
// Pure. Invariant: made of the same validation and the same split as what is sent; it holds values, so it is shown to
// who asked for it and written nowhere.
import { z } from 'zod';
import { INJECTION_TARGETS, splitValues, type InjectionLimits, type InjectionTarget, type Split } from './values.ts'; // prettier-ignore
import { describeExpected, type AttributeSchema, type DeclaredAttribute } from './attribute-schema.ts';
import { contentOf, gotOf, validate, type Data, type Validation } from './validate.ts';

export const RESULTS = ['OK', 'MISMATCH', 'MISSING'] as const;

export const inspectedAttributeSchema = z.object({
  key: z.string(),
  target: z.enum(INJECTION_TARGETS),
  required: z.boolean(),
  expected: z.string().describe('Declared type'),
  actual: z.string().describe('Type of the CRM’s value; "nothing" where it has none'),
  value: z.unknown().optional().describe('As the CRM has it'),
  sent: z.unknown().optional().describe('As it passes, where that is another value'),
  result: z.enum(RESULTS),
  hint: z.string().optional().describe('What is wrong with it, or why it is not sent although it is right'),
});

export const inspectionSchema = z.object({
  conversationId: z.string(),
  schema: z.string().describe('Which flow or schema it was held against'),
  schemaIsStale: z.boolean().describe('The last known one: the platform did not give it again'),
  customer: z.enum(['fresh', 'cached', 'stale', 'unknown']).describe('How the CRM’s data was come by'),
  schemaKeys: z.array(z.string()),
  payloadKeys: z.array(z.string()),
  missing: z.array(z.string()),
  extra: z.array(z.string()).describe('Will be ignored'),
  attributes: z.array(inspectedAttributeSchema),
  send: z
    .object({
      participant: z.object({ attributes: z.record(z.string(), z.string()) }).optional(),
      custom: z.object({ customAttributes: z.record(z.string(), z.unknown()) }).optional(),
    })
    .describe('The exact JSON to be sent, by where it goes; what the conversation has already is left out of it then'),
});

export type InspectedAttribute = Readonly<z.infer<typeof inspectedAttributeSchema>>;
export type Inspection = Readonly<z.infer<typeof inspectionSchema>>;

export interface Inspected {
  readonly conversationId: string;
  readonly schema: AttributeSchema;
  readonly schemaIsStale: boolean;
  /** Undefined: the CRM knows no such customer. */
  readonly customer: { readonly attributes: Data; readonly freshness: 'fresh' | 'cached' | 'stale' } | undefined;
}

/** How values are put there. */
export interface Injecting {
  readonly target: InjectionTarget;
  readonly limits: InjectionLimits;
}

/** A page of a CRM record is enough to see what is wrong with it. */
const MOST_SHOWN = 1000;

export function inspect(inspected: Inspected, { target, limits }: Injecting): Inspection {
  const { conversationId, schema, schemaIsStale, customer } = inspected;
  const data = customer?.attributes ?? {};
  const validation = validate(schema, data);
  const split = splitValues(contentOf(schema, validation), target, limits);
  return {
    conversationId,
    schema: schema.name,
    schemaIsStale,
    customer: customer?.freshness ?? 'unknown',
    schemaKeys: schema.attributes.map(({ key }) => key),
    payloadKeys: Object.keys(data).slice(0, MOST_SHOWN),
    missing: [...validation.missing],
    extra: validation.extra.slice(0, MOST_SHOWN),
    attributes: schema.attributes.map((attribute) =>
      look({ ...attribute, target: attribute.target ?? target }, data, validation, split),
    ),
    send: bodiesOf(split),
  };
}

/** Nothing for a target that nothing goes to. */
function bodiesOf({ texts, typed }: Split): Inspection['send'] {
  const isSomething = (values: object): boolean => Object.keys(values).length > 0;
  return {
    ...(isSomething(texts) ? { participant: { attributes: texts } } : {}),
    ...(isSomething(typed) ? { custom: { customAttributes: typed } } : {}),
  };
}

function look(
  attribute: DeclaredAttribute & { readonly target: InjectionTarget },
  data: Data,
  { values, problems }: Validation,
  { texts, typed }: Split,
): InspectedAttribute {
  const { key, target, required } = attribute;
  const problem = problems.find((one) => one.attribute === key);
  const passed = Object.hasOwn(values, key);
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  const result = passed ? 'OK' : problem === undefined ? 'MISSING' : 'MISMATCH';
  const actual = value === undefined ? 'nothing' : gotOf(value);
  const unsent = passed && !Object.hasOwn(target === 'custom' ? typed : texts, key) ? whyNot(values[key]) : undefined;
  const hint = problem?.hint ?? unsent;
  const shape = { key, target, required, expected: describeExpected(attribute), actual, result } as const;
  return {
    ...shape,
    ...(value === undefined ? {} : { value }),
    ...(passed && values[key] !== value ? { sent: values[key] } : {}),
    ...(hint === undefined ? {} : { hint }),
  };
}

const whyNot = (value: unknown): string =>
  value === null ? 'not sent: it would clear what others know' : 'not sent: over the limits of what is injected';
