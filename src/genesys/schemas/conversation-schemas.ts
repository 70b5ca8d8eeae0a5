// What one conversation takes: the rules of the configuration, and the schemas they name put together. Invariant: of two
// schemas that apply the flow's word counts for a key that both declare; where a key goes, configuration has the last word.
import type { ConversationState } from '../../domain/conversation/state.ts';
import { aimAttributes, joinSchemas } from '../../domain/enrichment/attribute-schema.ts';
import { schemaRuleFor, type SchemaRule, type SchemaRules } from '../../domain/enrichment/schema-rules.ts';
import type { SchemaReference } from './read-schema.ts';
import type { SchemaSource, ServedSchema } from './schema-source.ts';

export interface ConversationSchemas {
  /** Undefined: no rule fits this conversation. */
  of(state: ConversationState, signal: AbortSignal): Promise<ServedSchema | undefined>;
  /** Whatever the rules say. */
  ofFlow(flowId: string, signal: AbortSignal): Promise<ServedSchema>;
}

export function conversationSchemas(rules: SchemaRules, source: SchemaSource): ConversationSchemas {
  const read = async (references: readonly SchemaReference[], signal: AbortSignal): Promise<ServedSchema> => {
    const served = await Promise.all(references.map((reference) => source.read(reference, signal)));
    const problems = served.flatMap(({ problem }) => problem ?? []);
    return {
      schema: aimAttributes(joinSchemas(served.map(({ schema }) => schema)), rules.targets),
      stale: served.some(({ stale }) => stale),
      problem: problems.length < served.length ? undefined : problems.join('; '),
    };
  };
  return {
    of: async (state, signal) => {
      const rule = schemaRuleFor(rules, state);
      return rule === undefined ? undefined : read(referencesOf(rule), signal);
    },
    ofFlow: (id, signal) => read([{ kind: 'flow', id }], signal),
  };
}

const referencesOf = ({ flowId, customAttributesSchemaId }: SchemaRule): SchemaReference[] => [
  ...(flowId === undefined ? [] : [{ kind: 'flow', id: flowId } as const]),
  ...(customAttributesSchemaId === undefined ? [] : [{ kind: 'custom', id: customAttributesSchemaId } as const]),
];
