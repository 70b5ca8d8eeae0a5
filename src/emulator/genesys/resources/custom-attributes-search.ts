// Search over the custom attributes of every conversation that can still be read. Invariant: a criterion that is not
// understood is a 400, never a criterion that holds for everything.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CustomAttributesRecord } from '../../conversation/live-conversation.ts';
import type { Driver } from '../../driver/driver.ts';
import { parse } from '../error-body.ts';
import { needs } from '../permissions.ts';

/** Our bounds: the platform's own are not published. */
const MAX_CRITERIA = 20;
const MAX_PAGE_SIZE = 100;

const text = z.string().max(4096);
const criterionSchema = z.object({
  type: z.enum(['EXACT', 'REQUIRED_FIELDS', 'RANGE', 'DATE_RANGE', 'SIMPLE']),
  /** How it stands to the others. */
  operator: z.enum(['AND', 'OR', 'NOT']).default('AND'),
  fields: z.array(z.string().min(1).max(256)).max(50).default([]),
  value: text.optional(),
  values: z.array(text).max(100).optional(),
  startValue: text.optional(),
  endValue: text.optional(),
  get group() {
    return z.array(criterionSchema).max(MAX_CRITERIA).optional();
  },
});
type Criterion = z.output<typeof criterionSchema>;

const searchSchema = z.object({
  query: z.array(criterionSchema).max(MAX_CRITERIA).default([]),
  pageSize: z.number().int().min(1).max(MAX_PAGE_SIZE).default(25),
  pageNumber: z.number().int().min(1).max(100_000).default(1),
  sortBy: z.enum(['dateCreated', 'dateModified']).default('dateModified'),
  sortOrder: z.enum(['ASC', 'DESC']).default('DESC'),
});

type Values = CustomAttributesRecord['values'];
type Show = (record: CustomAttributesRecord, conversationId: string) => Record<string, unknown>;

export function searchRoute(app: FastifyInstance, driver: Driver, show: Show): void {
  app.post('/conversations/customattributes/search', needs('conversation:customAttributes:view'), (request) => {
    const { query, pageSize, pageNumber, sortBy, sortOrder } = parse(searchSchema, request.body, 'body');
    const sign = sortOrder === 'ASC' ? 1 : -1;
    const found = driver
      .all()
      .flatMap(({ id, customAttributes }) => [...customAttributes.values()].map((record) => ({ id, record })))
      .filter(({ record }) => holdsAll(query, record.values))
      .sort((a, b) => sign * a.record[sortBy].localeCompare(b.record[sortBy]));
    const from = (pageNumber - 1) * pageSize;
    return {
      total: found.length,
      pageCount: Math.ceil(found.length / pageSize),
      pageSize,
      pageNumber,
      types: ['customAttributes'],
      results: found.slice(from, from + pageSize).map(({ id, record }) => show(record, id)),
    };
  });
}

/** All of `AND`, none of `NOT`, and of `OR`, where there are any, one. */
function holdsAll(criteria: readonly Criterion[], values: Values): boolean {
  const by = (operator: Criterion['operator']): Criterion[] => criteria.filter((one) => one.operator === operator);
  const either = by('OR');
  return (
    by('AND').every((one) => holds(one, values)) &&
    !by('NOT').some((one) => holds(one, values)) &&
    (either.length === 0 || either.some((one) => holds(one, values)))
  );
}

function holds(criterion: Criterion, values: Values): boolean {
  if (criterion.group !== undefined) return holdsAll(criterion.group, values);
  const { type, fields } = criterion;
  if (type === 'REQUIRED_FIELDS') return fields.every((field) => values[field] !== undefined);
  const asked = fields.length === 0 ? Object.keys(values) : fields;
  return asked.some((field) => values[field] !== undefined && meets(criterion, values[field]));
}

/** Values are compared as texts, but for numbers of a range. */
function meets({ type, value, values, startValue, endValue }: Criterion, held: unknown): boolean {
  const wanted = [...(values ?? []), ...(value === undefined ? [] : [value])];
  if (type === 'EXACT') return wanted.includes(String(held));
  if (type === 'SIMPLE') return wanted.some((one) => String(held).toLowerCase().includes(one.toLowerCase()));
  const place = type === 'DATE_RANGE' ? (one: unknown) => Date.parse(String(one)) : Number;
  const isAfter = startValue === undefined || place(held) >= place(startValue);
  return isAfter && (endValue === undefined || place(held) <= place(endValue));
}
