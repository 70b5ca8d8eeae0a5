// Injection of attributes for a worker: the stage that puts them onto conversations, and looks whether they came back.
import type { RunningStage } from '../../src/runtime/stage-worker.ts';
import { participantAttributes } from '../../src/sinks/attributes/participant-attributes.ts';
import { platformTarget } from '../../src/sinks/conversation/platform-target.ts';
import type { InjectAttributesNeeds } from '../stages/inject-attributes.stage.ts';
import { statesOf } from './foundation.ts';
import { handOver } from './hand-over.ts';
import { platformRest } from './platform.ts';
import { startStage } from './start-stage.ts';
import type { Parts } from './worker-parts.ts';

/** None where enrichment is off, or there is no platform: what was asked for before waits in its queue. */
export function startInjection(parts: Parts): readonly RunningStage[] {
  const { base, path } = parts;
  if (base.config.enrichment === 'off' || base.config.genesysClientId === undefined) return [];
  return [startStage(parts, 'injectAttributes', path.injectAttributes, injectionNeeds(parts))];
}

function injectionNeeds(parts: Parts): InjectAttributesNeeds {
  const { base, seal } = parts;
  const { config, metrics, clock, onStep = () => undefined } = base;
  const rest = platformRest(base);
  const { conversationUpdateSchemaId: schemaId, conversationUpdateStampsKey: stampsKey } = config;
  const { announce, audit, confirmLater } = handOver(parts);
  return {
    seal,
    readState: statesOf(base).read,
    participants: participantAttributes(rest),
    custom: platformTarget({ rest, schemaId, stampsKey }),
    announce,
    audit,
    confirmLater,
    metrics,
    now: () => clock.now(),
    onStep,
  };
}
