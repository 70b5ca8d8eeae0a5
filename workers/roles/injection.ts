// Injection of attributes for a worker: the stage that puts them onto conversations, and how it is given work.
import { isWaiting } from '../../src/domain/injection/customer.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { participantAttributes } from '../../src/sinks/attributes/participant-attributes.ts';
import { platformTarget } from '../../src/sinks/conversation/platform-target.ts';
import { CONFIRM_PRIORITY, injectAttributesQueue, injectJobId, SERVED_PRIORITY, type InjectJob } from '../../queues/inject-attributes.queue.ts'; // prettier-ignore
import type { InjectAttributesNeeds } from '../stages/inject-attributes.stage.ts';
import { statesOf } from './foundation.ts';
import { platformRest } from './platform.ts';
import { auditThrough } from './warehouse.ts';
import type { Parts } from './worker-parts.ts';

type SendParts = Pick<Parts, 'base' | 'path' | 'queues'>;

/** Gives the stage an injection, in its place: before those whose customers are served already. */
export function injectionSender({ base, path, queues }: SendParts): (job: InjectJob) => Promise<void> {
  const { attempts } = path.injectAttributes.retry;
  return async (job) => {
    const state = await statesOf(base).read(job.conversationId);
    const priority = state === undefined || isWaiting(state) ? {} : { priority: SERVED_PRIORITY };
    await queues.injectAttributes.add('inject', job, { jobId: injectJobId(job), attempts, ...priority });
  };
}

/** None where enrichment is off, or there is no platform: what was asked for before waits in its queue. */
export function startInjection(parts: Parts): readonly RunningStage[] {
  const { base, path, queues, onFatal } = parts;
  if (base.config.enrichment === 'off' || base.config.genesysClientId === undefined) return [];
  const stage = path.injectAttributes;
  const needs = injectionNeeds(parts);
  return [
    startStageWorker(
      { ...stage, schema: injectAttributesQueue.schema, run: (job, context) => stage.handle(job, context, needs) },
      { ...base, queue: queues.injectAttributes, onFatal },
    ),
  ];
}

function injectionNeeds({ base, path, queues, seal }: Parts): InjectAttributesNeeds {
  const { config, metrics, clock, onStep = () => undefined } = base;
  const rest = platformRest(base);
  const { attempts } = path.injectAttributes.retry;
  const { conversationUpdateSchemaId: schemaId, conversationUpdateStampsKey: stampsKey } = config;
  return {
    seal,
    readState: statesOf(base).read,
    participants: participantAttributes(rest),
    custom: platformTarget({ rest, schemaId, stampsKey }),
    announce: async (news) => {
      const { attempts: tries } = path.announceEnrichment.retry;
      await queues.announceEnrichment.add('announce', news, { jobId: news.traceId, attempts: tries });
    },
    audit: auditThrough(queues),
    confirmLater: async (job, delay) => {
      const opts = { jobId: injectJobId(job), delay, attempts, priority: CONFIRM_PRIORITY };
      await queues.injectAttributes.add('confirm', job, opts);
    },
    metrics,
    now: () => clock.now(),
    onStep,
  };
}
