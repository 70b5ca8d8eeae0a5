// One schema read from the platform: a flow's inputs, or the schema of custom attributes. Invariant: a refusal names the
// flow or schema and the permission it needs; what is read is bounded and says so where it declares nothing.
import { z } from 'zod';
import { readJsonSchema, type ReadSchema } from '../../domain/enrichment/read-json-schema.ts';
import type { InjectionTarget } from '../../domain/enrichment/values.ts';
import { Poison } from '../../runtime/errors.ts';
import type { Rest } from '../rest.ts';

export interface SchemaReference {
  readonly kind: 'flow' | 'custom';
  readonly id: string;
}

interface Source {
  readonly called: string;
  readonly path: string;
  readonly permission: string;
  /** Where its values belong by themselves; a flow reads them wherever they are. */
  readonly target?: InjectionTarget;
  /** Its title, and the JSON Schema in it. */
  readonly answer: z.ZodType<{ readonly title: string; readonly document: unknown }>;
}

const SOURCES: Readonly<Record<SchemaReference['kind'], Source>> = {
  flow: {
    called: 'flow',
    path: '/flows/{id}',
    permission: 'architect:flow:view',
    answer: z
      .object({ name: z.string(), inputSchema: z.unknown() })
      .transform(({ name, inputSchema }) => ({ title: name, document: inputSchema })),
  },
  custom: {
    called: 'custom-attributes schema',
    path: '/conversations/customattributes/schemas/{id}',
    permission: 'conversation:customAttributes:schemaView',
    target: 'custom',
    answer: z
      .object({ jsonSchema: z.looseObject({ title: z.string().catch('') }).nullish() })
      .transform(({ jsonSchema }) => ({ title: jsonSchema?.title ?? '', document: jsonSchema })),
  },
};

export async function readSchema(rest: Rest, { kind, id }: SchemaReference): Promise<ReadSchema> {
  const { called, path, permission, target, answer } = SOURCES[kind];
  try {
    const { title, document } = await rest.call({ method: 'GET', path, params: { id }, answer });
    return readJsonSchema(document, `${called} ${title.slice(0, 200)} (${id})`, target);
  } catch (error) {
    throw explained(error, `${called} ${id}`, permission);
  }
}

function explained(error: unknown, which: string, permission: string): unknown {
  if (!(error instanceof Poison)) return error;
  if (error.code === 'not_found') {
    return new Poison('schema_not_found', `There is no ${which} (${error.message}): correct THROUGHLINE_ENRICHMENT_SCHEMAS, or publish it`); // prettier-ignore
  }
  if (error.code !== 'missing_permission') return error;
  return new Poison('schema_forbidden', `The ${which} may not be read: it needs ${permission}. ${error.message}`); // prettier-ignore
}
