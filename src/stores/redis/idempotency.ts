// Requests that may be sent again under one key. Invariants: a key belongs to the first body it came with; it is remembered
// for as long as the logs remember the batch that was appended under its name, counted from its last use.
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';

export type Claim = 'new' | 'repeated' | 'other_body';

export interface KeyedRequest {
  /** For names: the key itself is the caller's and goes no further. */
  readonly digest: string;
  claim(): Promise<Claim>;
  /** From now on a repeat needs no second look at the logs. */
  done(): Promise<void>;
}

export interface KeyedRequestOptions {
  readonly redis: Redis;
  readonly keys: Pick<Keys, 'request'>;
  readonly key: string;
  readonly body: string;
  readonly rememberedSeconds: number;
}

export function keyedRequest({ redis, keys, key, body, rememberedSeconds }: KeyedRequestOptions): KeyedRequest {
  const digest = sha256(key).slice(0, 32);
  const record = keys.request(digest);
  const ours = sha256(body);
  return {
    digest,
    claim: async () => {
      const replies = await redis
        .multi()
        .hsetnx(record, 'body', ours)
        .hmget(record, 'body', 'done')
        .expire(record, rememberedSeconds)
        .exec();
      const [, told] = replies?.[1] ?? [];
      const [known, isDone] = told as [string, string | null];
      if (known !== ours) return 'other_body';
      return isDone === null ? 'new' : 'repeated';
    },
    done: async () => {
      await redis.hset(record, 'done', '1');
    },
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
