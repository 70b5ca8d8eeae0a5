// Which flow or custom-attributes schema says what a conversation takes, as an operator writes it in JSON. Pure.
// Invariant: the first rule that fits decides; every problem of the text is told at once, by its path.
import { z } from 'zod';
import type { ConversationState } from '../conversation/state.ts';
import { INJECTION_TARGETS, type InjectionTarget } from './values.ts';
import { LONGEST_KEY } from './attribute-schema.ts';

const MEDIA = ['voice', 'message', 'email', 'callback', 'chat', 'other'] as const;

const id = (of: string) => z.uuid(`must be the id of a ${of} (UUID)`).transform((text) => text.toLowerCase());

const ruleSchema = z
  .strictObject({
    queues: z.array(id('queue')).min(1).max(1000).optional(),
    media: z.array(z.enum(MEDIA)).min(1).optional(),
    flowId: id('flow').optional(),
    /** Its fields go into the conversation's custom attributes. */
    customAttributesSchemaId: id('schema').optional(),
  })
  .refine(
    ({ flowId, customAttributesSchemaId }) => flowId !== undefined || customAttributesSchemaId !== undefined,
    'must have a flowId, a customAttributesSchemaId, or both',
  );

export const schemaRulesSchema = z.strictObject({
  schemas: z.array(ruleSchema).max(1000).default([]),
  /** For keys that go elsewhere than their schema says. */
  targets: z.record(z.string().min(1).max(LONGEST_KEY), z.enum(INJECTION_TARGETS)).default({}),
});

export type SchemaRule = z.output<typeof ruleSchema>;

export interface SchemaRules {
  readonly schemas: readonly SchemaRule[];
  readonly targets: Readonly<Record<string, InjectionTarget>>;
}

export type ReadSchemaRules =
  | { readonly ok: true; readonly rules: SchemaRules }
  /** Continues the sentence "<the text> …". */
  | { readonly ok: false; readonly problem: string };

const PROBLEMS_TOLD = 10;

export function readSchemaRules(text: string): ReadSchemaRules {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'is not JSON' };
  }
  const result = schemaRulesSchema.safeParse(json);
  if (result.success) return { ok: true, rules: result.data };
  const told = result.error.issues.slice(0, PROBLEMS_TOLD).map(({ path, message }) => `${path.join('.') || '(the whole)'}: ${message}`); // prettier-ignore
  return { ok: false, problem: `is wrong at ${told.join('; ')}` };
}

export function schemaRuleFor(
  { schemas }: SchemaRules,
  { media, queueId }: Pick<ConversationState, 'media' | 'queueId'>,
): SchemaRule | undefined {
  const queue = queueId?.toLowerCase();
  return schemas.find(
    (rule) =>
      (rule.media === undefined || rule.media.includes(media)) &&
      (rule.queues === undefined || (queue !== undefined && rule.queues.includes(queue))),
  );
}
