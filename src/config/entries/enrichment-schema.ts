// What a conversation takes of the CRM's data: which flow or schema says so, and how long its word is believed.
// Invariant: the rules stay the text that was written, so that a child process gets what its parent got.
import { z } from 'zod';
import { readSchemaRules } from '../../domain/enrichment/schema-rules.ts';
import { entry, integer } from './entry.ts';

const group = 'Enrichment';

const rules = () =>
  z
    .string()
    .max(65_536, 'must have at most 65536 characters')
    .superRefine((text, context) => {
      const read = readSchemaRules(text);
      if (!read.ok) context.addIssue(read.problem);
    });

export const enrichmentSchemaEntries = {
  enrichmentSchemas: entry({
    env: 'THROUGHLINE_ENRICHMENT_SCHEMAS',
    group,
    schema: rules(),
    description:
      'Which flow’s input schema (permission architect:flow:view) or custom-attributes schema (conversation:customAttributes:schemaView) says what a conversation takes, per queue and media, as JSON; the first that fits decides. ' +
      '"targets" sends single keys to the participant or the custom attributes (src/genesys/schemas/README.md).',
    example: '{"schemas":[{"flowId":"5f3c1c2e-0000-4000-8000-1d2c3b4a5968"}]}',
    fromFile: true,
  }),
  enrichmentSchemaTtlSeconds: entry({
    env: 'THROUGHLINE_ENRICHMENT_SCHEMA_TTL_SECONDS',
    group,
    schema: integer(1, 86_400),
    default: '300',
    description: 'Seconds until a schema is read from the platform again: how soon a change of a flow is noticed.',
    example: '60',
  }),
  enrichmentSchemaStaleSeconds: entry({
    env: 'THROUGHLINE_ENRICHMENT_SCHEMA_STALE_SECONDS',
    group,
    schema: integer(0, 2_592_000),
    default: '86400',
    description: 'Seconds after that for which the last known schema still serves while reading it again fails.',
    example: '3600',
  }),
} as const;
