// What conversations take, for a worker and the API: the schemas of this process, the stage that holds customers' data
// against them, and the inspector that shows the same to a person.
import { readSchemaRules } from '../../src/domain/enrichment/schema-rules.ts';
import { attributeInspector, type AttributeInspector } from '../../src/enrichment/inspector.ts';
import { conversationSchemas, type ConversationSchemas } from '../../src/genesys/schemas/conversation-schemas.ts';
import { CachedSchemas } from '../../src/genesys/schemas/schema-source.ts';
import { unsealIdentity } from '../../src/lookup/identity-keeper.ts';
import { Fatal } from '../../src/runtime/errors.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { validateAttributesQueue } from '../../queues/validate-attributes.queue.ts';
import { topology } from '../topology.ts';
import { openLookup } from './enrichment.ts';
import { payloadKeyOf, statesOf, type Foundation } from './foundation.ts';
import { injectionSender } from './injection.ts';
import type { OpenQueues } from './open-queues.ts';
import { platformRest } from './platform.ts';
import { auditThrough } from './warehouse.ts';
import type { Parts } from './worker-parts.ts';

const isOn = ({ config }: Foundation): boolean => config.enrichment === 'on' && config.genesysClientId !== undefined;

/** None where enrichment is off: what was looked up before waits in its queue. */
export function startValidation(parts: Parts): readonly RunningStage[] {
  const { base, path, queues, seal, onFatal } = parts;
  if (!isOn(base)) return [];
  const stage = path.validateAttributes;
  const needs = {
    seal,
    readState: statesOf(base).read,
    schemas: openSchemas(base),
    inject: injectionSender(parts),
    audit: auditThrough(queues),
    metrics: base.metrics,
    log: base.log,
    now: () => base.clock.now(),
  };
  return [
    startStageWorker(
      { ...stage, schema: validateAttributesQueue.schema, run: (job, context) => stage.handle(job, context, needs) },
      { ...base, queue: queues.validateAttributes, onFatal },
    ),
  ];
}

export interface OpenInspector {
  readonly inspector: AttributeInspector;
  close(): void;
}

/** Undefined where enrichment is off. */
export function openInspector(base: Foundation, queues: OpenQueues): OpenInspector | undefined {
  if (!isOn(base)) return undefined;
  const { config, metrics, clock } = base;
  const seal = sealWith(payloadKeyOf(config));
  const lookup = openLookup(base);
  const inspector = attributeInspector({
    readState: statesOf(base).read,
    findCustomer: async ({ identity: sealed }, signal) => {
      const identity = sealed === undefined ? undefined : unsealIdentity(seal, sealed);
      return identity === undefined ? undefined : lookup.find(identity, { signal });
    },
    schemas: openSchemas(base),
    injecting: {
      target: config.injectionTarget,
      limits: { maxAttributes: config.injectionMaxAttributes, maxValueChars: config.injectionMaxValueChars },
    },
    inject: injectionSender({ base, path: topology(config, metrics), queues }),
    seal,
    now: () => clock.now(),
  });
  return { inspector, close: () => lookup.close() };
}

function openSchemas(base: Foundation): ConversationSchemas {
  const { config } = base;
  const read = readSchemaRules(config.enrichmentSchemas ?? '{}');
  if (!read.ok) throw new Fatal('configuration', `THROUGHLINE_ENRICHMENT_SCHEMAS ${read.problem}`);
  const ttlMs = config.enrichmentSchemaTtlSeconds * 1000;
  const staleMs = config.enrichmentSchemaStaleSeconds * 1000;
  return conversationSchemas(read.rules, new CachedSchemas({ ...base, rest: platformRest(base), ttlMs, staleMs }));
}
