// Look-ups of customers for a worker: where the commit's requests for them go, and the stage that asks the CRM.
import { BULK_CAUSE, enrichmentRequestSchema } from '../../src/domain/enrichment/trigger.ts';
import { answerCache, type AnswerCache } from '../../src/lookup/cache.ts';
import { crmSource } from '../../src/lookup/crm-source.ts';
import type { CustomerLookup } from '../../src/lookup/customer.ts';
import { guardedSource, LOOKUP_REMOTE } from '../../src/lookup/guarded-source.ts';
import { unsealIdentity } from '../../src/lookup/identity-keeper.ts';
import { customerLookup } from '../../src/lookup/lookup.ts';
import { loadLookupMapping } from '../../src/lookup/mapping.ts';
import { createBreaker } from '../../src/runtime/breaker.ts';
import type { Receiver } from '../../src/runtime/partition-handler.ts';
import { queueReceiver } from '../../src/runtime/queue-receiver.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { startStageWorker, type RunningStage } from '../../src/runtime/stage-worker.ts';
import { bulkTraceId, traceIdOf } from '../../src/runtime/trace-id.ts';
import { rateLimitIn } from '../../src/stores/rate-limit/rate-limit.ts';
import { lookUpCustomerQueue } from '../../queues/look-up-customer.queue.ts';
import { ENRICHMENT_SINK } from '../stages/conversations.stage.ts';
import { lookUpCustomerStage, type LookUpCustomerNeeds } from '../stages/look-up-customer.stage.ts';
import { crmTokens } from './crm.ts';
import { payloadKeyOf, required, statesOf, type Foundation } from './foundation.ts';
import type { OpenQueues } from './open-queues.ts';
import { auditThrough } from './warehouse.ts';
import type { Parts } from './worker-parts.ts';

/** Of a BullMQ job: one without goes first. Those whose customer nobody talks to yet, then the others, then lists. */
const SERVED_PRIORITY = 5;
const BULK_PRIORITY = 10;

export function enrichmentReceiver({ base: { redis, keys }, path, queues }: Parts): Receiver {
  const { attempts } = path.receivers[ENRICHMENT_SINK].retry;
  return queueReceiver({
    redis,
    seen: keys.relayed(ENRICHMENT_SINK),
    queue: queues.lookUpCustomer,
    jobOf: ({ payload, receivedAt }) => {
      const { conversationId, bornAt, version, cause, waiting } = enrichmentRequestSchema.parse(JSON.parse(payload));
      const traceId = traceIdOf(conversationId, bornAt, version, cause);
      const priority = waiting ? {} : { priority: SERVED_PRIORITY };
      return {
        name: cause,
        data: { conversationId, traceId, cause, startedAt: receivedAt },
        opts: { jobId: traceId, attempts, ...priority },
      };
    },
  });
}

/** Look-ups of a list, behind all that happens by itself. */
export function bulkLookUps({ config, clock }: Foundation, { lookUpCustomer }: OpenQueues) {
  const { attempts } = lookUpCustomerStage(config).retry;
  return async (run: string, conversationIds: readonly string[]): Promise<void> => {
    const startedAt = clock.now();
    await lookUpCustomer.addBulk(
      conversationIds.map((conversationId) => {
        const traceId = bulkTraceId(run, conversationId);
        const data = { conversationId, traceId, cause: BULK_CAUSE, startedAt };
        return { name: BULK_CAUSE, data, opts: { jobId: traceId, attempts, priority: BULK_PRIORITY } };
      }),
    );
  };
}

/** None where enrichment is off: requests that were made before wait in their queue. */
export function startLookUps(parts: Parts): readonly RunningStage[] {
  const { base, path, queues, onFatal } = parts;
  if (base.config.enrichment === 'off') return [];
  const stage = path.receivers[ENRICHMENT_SINK];
  const lookup = openLookup(base);
  const needs = lookUpNeeds(parts, lookup);
  const running = startStageWorker(
    { ...stage, schema: lookUpCustomerQueue.schema, run: (job, context) => stage.handle(job, context, needs) },
    { ...base, queue: queues.lookUpCustomer, onFatal },
  );
  const stop = async (): Promise<void> => {
    await running.stop();
    lookup.close();
  };
  return [{ ready: running.ready, stop }];
}

function lookUpNeeds({ base, path, queues, seal }: Parts, lookup: CustomerLookup): LookUpCustomerNeeds {
  const { metrics, clock } = base;
  const { attempts } = path.validateAttributes.retry;
  return {
    readState: statesOf(base).read,
    unseal: (sealed) => unsealIdentity(seal, sealed),
    seal: (plain) => seal.seal(plain),
    lookup,
    validate: async (job) =>
      void (await queues.validateAttributes.add('validate', job, { jobId: job.traceId, attempts })),
    audit: auditThrough(queues),
    metrics,
    now: () => clock.now(),
  };
}

/** What a process knows of customers: one cache, one breaker, one share of the budget. */
export function openLookup(base: Foundation): CustomerLookup {
  const { config, redis, keys, metrics, log, clock, onRedisError } = base;
  const advice = 'or THROUGHLINE_ENRICHMENT_CRM_URL, or run `throughline up`, which starts an emulated CRM';
  const url = required(config.enrichmentCrmUrl ?? config.crmUrl, 'THROUGHLINE_CRM_URL', advice);
  const mapping = loadLookupMapping(config.enrichmentMapping);
  const { crmToken: token, crmClientId: clientId, crmClientSecret: clientSecret } = config;
  const timeoutMs = config.enrichmentLookupTimeoutMs;
  const credentials = { token, clientId, clientSecret };
  const share = crmTokens(base, mapping.auth, url);
  const source = guardedSource(crmSource({ url, mapping, credentials, timeoutMs, clock, metrics, share }), {
    breaker: createBreaker({ remote: LOOKUP_REMOTE, mostInFlight: config.enrichmentLookupConcurrency, metrics, log }),
    rate: rateLimitIn({ redis, key: keys.rateLimit(LOOKUP_REMOTE), perMinute: config.enrichmentLookupsPerMinute }),
    metrics,
    clock,
    onRedisError,
  });
  return customerLookup({
    mapping,
    source,
    cache: cacheOf(base, JSON.stringify([url, mapping])),
    ttlMs: config.enrichmentCacheTtlSeconds * 1000,
    staleMs: config.enrichmentCacheStaleSeconds * 1000,
    negativeTtlMs: config.enrichmentCacheNegativeTtlSeconds * 1000,
    timeoutMs,
    metrics,
    clock,
    onRedisError,
  });
}

/** `source` tells answers of one CRM and mapping from another's. */
function cacheOf({ config, redis, keys, metrics, onRedisError }: Foundation, source: string): AnswerCache {
  const payloadKey = payloadKeyOf(config);
  return answerCache({
    redis,
    keys,
    seal: sealWith(payloadKey),
    payloadKey,
    source,
    maxEntries: config.enrichmentCacheMaxEntries,
    maxBytes: config.enrichmentCacheMaxBytes,
    metrics,
    onRedisError,
  });
}
