// What it takes to remember customers: heap of a process, and bytes of Redis. Invariant: through the product's own cache,
// with what the emulated CRM tells of a customer.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerCache, type AnswerCache, type RememberedAnswer } from '../../src/enrichment/lookup/cache.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { PREFIX, SEAL_KEY } from '../subjects/throughline.ts';
import { usedMemory, type PrivateRedis } from './private-redis.ts';

const KEEP_MS = 3_600_000;
const CHUNK = 500;
const RULE = { by: 'email', path: '/customers', query: {} };

export interface CacheMemory {
  readonly heapBytes: number;
  readonly redisBytes: number;
  /** Of one answer as JSON. */
  readonly answerBytes: number;
}

export async function measureCache(server: PrivateRedis, customers: number): Promise<CacheMemory> {
  await server.redis.flushall('SYNC');
  const collect = collector();
  const inProcess = cacheOf(server, customers);
  collect();
  const heapBefore = process.memoryUsage().heapUsed;
  for (let n = 0; n < customers; n += 1) inProcess.keep(keyOf(inProcess, n), answerOf(n));
  collect();
  const heapBytes = process.memoryUsage().heapUsed - heapBefore;
  if (inProcess.inMemory(keyOf(inProcess, 0)) === undefined) throw new Error('the cache let go of its first customer');
  const shared = cacheOf(server, 1);
  const redisBefore = await usedMemory(server.redis);
  for (let from = 0; from < customers; from += CHUNK) {
    const some = Array.from({ length: Math.min(CHUNK, customers - from) }, (_, n) => from + n);
    await Promise.all(some.map((n) => shared.write(keyOf(shared, n), answerOf(n), KEEP_MS)));
  }
  const redisBytes = (await usedMemory(server.redis)) - redisBefore;
  return { heapBytes, redisBytes, answerBytes: JSON.stringify(answerOf(0).attributes).length };
}

function cacheOf({ redis }: PrivateRedis, maxEntries: number): AnswerCache {
  return answerCache({
    redis,
    keys: keysFor(PREFIX),
    seal: sealWith(SEAL_KEY),
    payloadKey: SEAL_KEY,
    source: 'bench',
    maxEntries,
    maxBytes: 8_589_934_592,
    metrics: createMetrics(),
    onRedisError: (error) => {
      throw error;
    },
  });
}

const keyOf = (cache: AnswerCache, n: number): string =>
  cache.keyOf({ rule: RULE, value: `customer-${n}@example.com` });

const answerOf = (n: number): RememberedAnswer => ({
  at: Date.now(),
  attributes: {
    accountId: `A-${100_000 + n}`,
    tier: 'gold',
    city: 'Wellington',
    language: 'en-US',
    openCases: n % 5,
    isVip: n % 3 === 0,
    customerSince: '2021-05-04',
    lastContactAt: '2026-03-02T10:30:00.000Z',
    lifetimeValue: n / 4,
  },
});

/** As `node --expose-gc` would give it; the bench is started without. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
