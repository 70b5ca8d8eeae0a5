// A record template: which field of the CRM is filled from where. Invariant: pure, and the same record always gives
// the same fields in the same order, so that a batch sent again has the same bytes.
import { z } from 'zod';
import { crmRecordSchema } from '../../../domain/crm-record.ts';
import { nearest } from '../../../config/nearest.ts';
import { transformed, transformSchema, Unmappable, type Transform } from './transforms.ts';

export interface Rule {
  /** Path in the record, names joined by dots. */
  readonly from?: string | undefined;
  readonly value?: unknown;
  readonly fields?: Template | undefined;
  readonly transform?: readonly Transform[] | undefined;
  /** Instead of null. */
  readonly default?: unknown;
}
export type Template = Readonly<Record<string, Rule>>;

const MAX_FIELDS = 500;
const fieldName = z.string().min(1).max(255);
const constant = z.json();

const rule: z.ZodType<Rule> = z.lazy(() =>
  z.preprocess(
    (given) => (typeof given === 'string' ? { from: given } : given),
    z
      .strictObject({
        from: z.string().min(1).max(255).optional(),
        value: constant.optional(),
        fields: templateSchema.optional(),
        transform: z.array(transformSchema).max(10).optional(),
        default: constant.optional(),
      })
      .superRefine((given, context) => {
        const sources = (['from', 'value', 'fields'] as const).filter((source) => given[source] !== undefined);
        if (sources.length !== 1)
          context.addIssue('must be the name of a record’s field, or hold one of "from", "value", "fields"');
        else if (sources[0] !== 'from' && (given.transform !== undefined || given.default !== undefined))
          context.addIssue('"transform" and "default" go with "from" only');
      }),
  ),
);

export const templateSchema: z.ZodType<Template> = z
  .record(fieldName, rule)
  .refine((fields) => Object.keys(fields).length <= MAX_FIELDS, `must have at most ${MAX_FIELDS} fields`);

/** What the pipeline's records have, by kind. */
const shapes: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  crmRecordSchema.options.map(({ shape }) => [shape.kind.value, Object.keys(shape)]),
);

export const RECORD_KINDS = Object.keys(shapes);

/** One template a kind of record; a kind that is left out is not sent. */
export const templatesSchema = z
  .strictObject(Object.fromEntries(RECORD_KINDS.map((kind) => [kind, templateSchema.optional()])))
  .superRefine((templates, context) => {
    if (Object.values(templates).every((template) => template === undefined))
      context.addIssue(`must hold a template for one of ${RECORD_KINDS.join(', ')} at least`);
    for (const [kind, template] of Object.entries(templates)) {
      if (template !== undefined) nameUnknownSources(template, [kind], shapes[kind] ?? [], context);
    }
  });
export type Templates = z.output<typeof templatesSchema>;

/** The field a rule reads must exist: a slip would fill the CRM with nulls. */
function nameUnknownSources(
  template: Template,
  path: readonly string[],
  known: readonly string[],
  context: z.core.$RefinementCtx,
): void {
  for (const [field, { from, fields }] of Object.entries(template)) {
    const here = [...path, field];
    if (fields !== undefined) nameUnknownSources(fields, [...here, 'fields'], known, context);
    const [first = ''] = from?.split('.') ?? [];
    if (from === undefined || known.includes(first)) continue;
    const close = nearest(first, known);
    const hint = close === undefined ? `It has ${known.join(', ')}.` : `Did you mean "${close}"?`;
    context.issues.push({
      code: 'custom',
      input: from,
      path: here,
      message: `a ${path[0]} record has no field "${first}". ${hint}`,
    });
  }
}

/** @throws Unmappable that names the field. */
export const filled = (template: Template, record: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(template).map(([field, one]) => [field, valueOf(field, one, record)]));

function valueOf(field: string, { from, value, fields, transform, default: otherwise }: Rule, record: object): unknown {
  if (fields !== undefined) return filled(fields, record);
  if (from === undefined) return value;
  try {
    return transformed(at(record, from) ?? null, transform ?? []) ?? otherwise ?? null;
  } catch (error) {
    if (error instanceof Unmappable) throw new Unmappable(`"${from}" for the field "${field}" ${error.message}`);
    throw error;
  }
}

/** What lies at a path of names and positions joined by dots; '' is the value itself. */
export function at(value: unknown, path: string): unknown {
  if (path === '') return value;
  return path.split('.').reduce<unknown>((current, name) => {
    const inside = typeof current === 'object' && current !== null && Object.hasOwn(current, name);
    return inside ? (current as Record<string, unknown>)[name] : undefined;
  }, value);
}
