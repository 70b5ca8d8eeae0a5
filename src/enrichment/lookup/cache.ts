// What the CRM said of customers, remembered twice: in this process, bounded, and in Redis for all of them. Invariants:
// in Redis an answer lies sealed under a keyed digest of what it was asked by, so neither names anybody; an answer is
// judged by when the CRM gave it, wherever it is found; a Redis that fails costs a question to the CRM, nothing else.
import { createHash, createHmac } from 'node:crypto';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Metrics } from '../../observability/metrics.ts';
import type { Seal } from '../../runtime/seal.ts';
import { Failure } from '../../runtime/errors.ts';
import type { Keys } from '../../stores/redis/keys.ts';
import { leaseOn, type Lease } from '../../stores/redis/lease.ts';
import type { Attributes, Identifier } from './customer.ts';

const answerSchema = z.object({
  /** When the CRM gave it, epoch ms. */
  at: z.number(),
  attributes: z.record(z.string(), z.unknown()).nullable(),
});

/** `attributes` null: the CRM knows nobody by that identifier. */
export interface RememberedAnswer {
  readonly at: number;
  readonly attributes: Attributes | null;
}

export interface AnswerCache {
  keyOf(identifier: Identifier): string;
  inMemory(key: string): RememberedAnswer | undefined;
  shared(key: string): Promise<RememberedAnswer | undefined>;
  /** Into memory only: it came from Redis. */
  keep(key: string, answer: RememberedAnswer): void;
  write(key: string, answer: RememberedAnswer, keepMs: number): Promise<void>;
  /** Of all processes one at a time asks the CRM about it. */
  lease(key: string, ms: number): Lease;
}

export interface CacheOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly seal: Seal;
  /** 32 bytes in base64; what the digests are keyed with is derived from it. */
  readonly payloadKey: string;
  /** Of address and mapping: what was asked otherwise is another answer. */
  readonly source: string;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly metrics: Metrics;
  readonly onRedisError: (error: Error) => void;
}

/** Key, entry and list pointers beside the text itself. */
const ENTRY_BYTES = 200;

interface Held {
  readonly at: number;
  /** As text: a third of the memory, and nobody can change what others will read. */
  readonly json: string;
}

export function answerCache(options: CacheOptions): AnswerCache {
  const { redis, keys, seal, metrics, onRedisError } = options;
  const digestKey = createHmac('sha256', Buffer.from(options.payloadKey, 'base64')).update('customers').digest();
  const source = createHash('sha256').update(options.source).digest('base64url');
  const memory = new LRUCache<string, Held>({ max: options.maxEntries, maxSize: options.maxBytes });
  const keep: AnswerCache['keep'] = (key, { at, attributes }) => {
    const json = JSON.stringify(attributes);
    memory.set(key, { at, json }, { size: ENTRY_BYTES + key.length + json.length });
    metrics.set('throughline_lookup_cache_entries', memory.size);
    metrics.set('throughline_lookup_cache_bytes', memory.calculatedSize);
  };
  return {
    keyOf: ({ rule: { by }, value }) =>
      createHmac('sha256', digestKey)
        .update(JSON.stringify([source, by, value]))
        .digest('base64url'),
    inMemory: (key) => {
      const held = memory.get(key);
      return held && { at: held.at, attributes: JSON.parse(held.json) as Attributes | null };
    },
    shared: async (key) => {
      const sealed = await redis.get(keys.customer(key).answer).catch(onRedisError);
      return typeof sealed === 'string' ? opened(seal, sealed) : undefined;
    },
    keep,
    write: async (key, answer, keepMs) => {
      keep(key, answer);
      const sealed = seal.seal(JSON.stringify(answer));
      await redis.set(keys.customer(key).answer, sealed, 'PX', keepMs).catch(onRedisError);
    },
    lease: (key, ms) => leaseOn(redis, keys.customer(key).lease, ms),
  };
}

/** Undefined where it was sealed with another key, or by a release that wrote it otherwise. */
function opened(seal: Seal, sealed: string): RememberedAnswer | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(seal.unseal(sealed))).data;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
