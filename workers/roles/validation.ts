// What conversations take, for a worker and the API: the schemas of this process, and the stage that holds customers' data
// against them.
import { readSchemaRules } from '../../src/domain/enrichment/schema-rules.ts';
import { conversationSchemas, type ConversationSchemas } from '../../src/genesys/schemas/conversation-schemas.ts';
import { CachedSchemas } from '../../src/genesys/schemas/schema-source.ts';
import { Fatal } from '../../src/runtime/errors.ts';
import type { RunningStage } from '../../src/runtime/stage-worker.ts';
import { statesOf, type Foundation } from './foundation.ts';
import { handOver } from './hand-over.ts';
import { platformRest } from './platform.ts';
import { startStage } from './start-stage.ts';
import type { Parts } from './worker-parts.ts';

/** There is something to be put onto conversations, and a platform that says what they take. */
export const isValidating = ({ config }: Foundation): boolean =>
  config.enrichment === 'on' && config.genesysClientId !== undefined;

/** None where enrichment is off: what was looked up before waits in its queue. */
export function startValidation(parts: Parts): readonly RunningStage[] {
  const { base, path, seal } = parts;
  if (!isValidating(base)) return [];
  const { metrics, log, clock } = base;
  const { inject, audit } = handOver(parts);
  const readState = statesOf(base).read;
  const needs = { seal, readState, schemas: openSchemas(base), inject, audit, metrics, log, now: () => clock.now() };
  return [startStage(parts, 'validateAttributes', path.validateAttributes, needs)];
}

export function openSchemas(base: Foundation): ConversationSchemas {
  const { config } = base;
  const read = readSchemaRules(config.enrichmentSchemas ?? '{}');
  if (!read.ok) throw new Fatal('configuration', `THROUGHLINE_ENRICHMENT_SCHEMAS ${read.problem}`);
  const ttlMs = config.enrichmentSchemaTtlSeconds * 1000;
  const staleMs = config.enrichmentSchemaStaleSeconds * 1000;
  return conversationSchemas(read.rules, new CachedSchemas({ ...base, rest: platformRest(base), ttlMs, staleMs }));
}
