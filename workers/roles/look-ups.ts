// Look-ups of customers for a worker: where the commit's requests for them go, and the stage that asks the CRM.
import { BULK_CAUSE, enrichmentRequestSchema } from '../../src/domain/enrichment/trigger.ts';
import { answerCache, type AnswerCache } from '../../src/enrichment/lookup/cache.ts';
import { crmSource } from '../../src/enrichment/lookup/crm-source.ts';
import type { CustomerLookup } from '../../src/enrichment/lookup/customer.ts';
import { guardedSource, LOOKUP_REMOTE } from '../../src/enrichment/lookup/guarded-source.ts';
import { unsealIdentity } from '../../src/enrichment/lookup/identity-keeper.ts';
import { customerLookup } from '../../src/enrichment/lookup/lookup.ts';
import { loadLookupMapping } from '../../src/enrichment/lookup/mapping.ts';
import { createBreaker } from '../../src/runtime/breaker.ts';
import type { Receiver } from '../../src/runtime/partition-handler.ts';
import { queueReceiver } from '../../src/runtime/queue-receiver.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import type { RunningStage } from '../../src/runtime/stage-worker.ts';
import { bulkTraceId, traceIdOf } from '../../src/runtime/trace-id.ts';
import { rateLimitIn } from '../../src/stores/rate-limit/rate-limit.ts';
import type { LookUpJob } from '../../queues/look-up-customer.queue.ts';
import { LAST_PRIORITY, SERVED_PRIORITY } from '../../queues/priority.ts';
import { ENRICHMENT_SINK } from '../stages/conversations.stage.ts';
import type { LookUpCustomerNeeds } from '../stages/look-up-customer.stage.ts';
import { crmTokens } from './crm.ts';
import { payloadKeyOf, required, statesOf, type Foundation } from './foundation.ts';
import { handOver } from './hand-over.ts';
import { startStage } from './start-stage.ts';
import type { Parts } from './worker-parts.ts';

export function enrichmentReceiver({ base: { redis, keys }, path, queues }: Parts): Receiver {
  const { attempts } = path.receivers[ENRICHMENT_SINK].retry;
  return queueReceiver({
    redis,
    seen: keys.relayed(ENRICHMENT_SINK),
    queue: queues.lookUpCustomer,
    jobOf: ({ payload, receivedAt: startedAt }) => {
      const { conversationId, bornAt, version, cause, waiting } = enrichmentRequestSchema.parse(JSON.parse(payload));
      const traceId = traceIdOf(conversationId, bornAt, version, cause);
      const data: LookUpJob = { conversationId, traceId, cause, startedAt };
      const priority = waiting ? {} : { priority: SERVED_PRIORITY };
      return { name: cause, data, opts: { jobId: traceId, attempts, ...priority } };
    },
  });
}

/** Look-ups of a list, behind all that happens by itself. */
export function bulkLookUps({ base: { clock }, path, queues }: Pick<Parts, 'base' | 'path' | 'queues'>) {
  const { attempts } = path.receivers[ENRICHMENT_SINK].retry;
  return async (run: string, conversationIds: readonly string[]): Promise<void> => {
    const startedAt = clock.now();
    await queues.lookUpCustomer.addBulk(
      conversationIds.map((conversationId) => {
        const traceId = bulkTraceId(run, conversationId);
        const data: LookUpJob = { conversationId, traceId, cause: BULK_CAUSE, startedAt };
        return { name: BULK_CAUSE, data, opts: { jobId: traceId, attempts, priority: LAST_PRIORITY } };
      }),
    );
  };
}

/** None where enrichment is off: requests that were made before wait in their queue. */
export function startLookUps(parts: Parts): readonly RunningStage[] {
  const { base, path } = parts;
  if (base.config.enrichment === 'off') return [];
  const lookup = openLookup(base);
  const needs = lookUpNeeds(parts, lookup);
  const running = startStage(parts, 'lookUpCustomer', path.receivers[ENRICHMENT_SINK], needs);
  const stop = async (): Promise<void> => {
    await running.stop();
    lookup.close();
  };
  return [{ ready: running.ready, stop }];
}

function lookUpNeeds(parts: Parts, lookup: CustomerLookup): LookUpCustomerNeeds {
  const { base, seal } = parts;
  const { metrics, clock } = base;
  const { validate, audit } = handOver(parts);
  return {
    readState: statesOf(base).read,
    unseal: (sealed) => unsealIdentity(seal, sealed),
    seal: (plain) => seal.seal(plain),
    lookup,
    validate,
    audit,
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
