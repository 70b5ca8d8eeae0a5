// Look-ups on real Redis with a CRM that answers as the test says: each rig is a process of its own to the others that
// share its prefix.
import type { Redis } from 'ioredis';
import { inject } from 'vitest';
import { answerCache } from '../../src/enrichment/lookup/cache.ts';
import type { Attributes, CustomerLookup, Identifier } from '../../src/enrichment/lookup/customer.ts';
import { guardedSource } from '../../src/enrichment/lookup/guarded-source.ts';
import { customerLookup } from '../../src/enrichment/lookup/lookup.ts';
import { lookupMappingSchema } from '../../src/enrichment/lookup/mapping.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { createBreaker } from '../../src/runtime/breaker.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { rateLimitIn } from '../../src/stores/rate-limit/rate-limit.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import type { FakeClock } from './fake-clock.ts';
import { TEST_KEY } from './pipeline.ts';

export interface LookupRig {
  readonly lookup: CustomerLookup;
  readonly redis: Redis;
  readonly metrics: Metrics;
  readonly redisErrors: Error[];
  /** Of `throughline_lookup_cache_total`. */
  readonly counted: (result: string) => Promise<number>;
  close(): void;
}

export interface LookupRigOptions {
  readonly prefix: string;
  readonly clock: FakeClock;
  readonly answer: (identifier: Identifier) => Promise<Attributes | undefined>;
  readonly redisUrl?: string;
  readonly maxEntries?: number;
  readonly maxBytes?: number;
}

export function lookupRig(options: LookupRigOptions): LookupRig {
  const { prefix, clock, answer, redisUrl = inject('redisUrl'), maxEntries = 1000, maxBytes = 1_000_000 } = options;
  const redis = connectRedis(redisUrl, 'request', () => undefined);
  const redisErrors: Error[] = [];
  const onRedisError = (error: Error): unknown => redisErrors.push(error);
  const metrics = createMetrics();
  const keys = keysFor(prefix);
  const mapping = lookupMappingSchema.parse({});
  const log = createLogger({ level: 'silent', role: 'test' });
  const source = guardedSource(
    { ask: (identifier) => answer(identifier) },
    {
      breaker: createBreaker({ remote: 'crm-lookup', mostInFlight: 50, metrics, log }),
      rate: rateLimitIn({ redis, key: keys.rateLimit('crm-lookup'), perMinute: 100_000, clock }),
      metrics,
      clock,
      onRedisError,
    },
  );
  const seal = sealWith(TEST_KEY);
  const cache = answerCache({ redis, keys, seal, payloadKey: TEST_KEY, source: 'test', maxEntries, maxBytes, metrics, onRedisError }); // prettier-ignore
  const times = { ttlMs: 300_000, staleMs: 3_600_000, negativeTtlMs: 60_000, timeoutMs: 5000 };
  const lookup = customerLookup({ mapping, source, cache, ...times, metrics, clock, onRedisError });
  return {
    lookup,
    redis,
    metrics,
    redisErrors,
    counted: async (result) => {
      const metric = await metrics.registry.getSingleMetric('throughline_lookup_cache_total')?.get();
      return metric?.values.find(({ labels }) => labels['result'] === result)?.value ?? 0;
    },
    close: () => {
      lookup.close();
      redis.disconnect();
    },
  };
}
