// How the deliveries to each webhook target go: its last few, since when it fails, until when it wants to be left alone.
// Invariant: ids, times and outcomes only; nothing of what was sent, nor of where to.
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { WebhookKeys } from '../redis/keys.ts';

export const DELIVERY_OUTCOMES = ['delivered', 'timeout', 'unreachable', 'refused', 'failed', 'throttled', 'redirected', 'gone', 'blocked'] as const; // prettier-ignore
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

export const deliverySchema = z.object({
  messageId: z.string().max(64),
  eventType: z.string().max(64),
  at: z.number().int().describe('When it was answered or given up, epoch milliseconds'),
  attempt: z.number().int().describe('1 is the first try'),
  outcome: z.enum(DELIVERY_OUTCOMES),
  status: z.number().int().nullable().describe('The HTTP status; null where none came'),
  latencyMs: z.number().int(),
  detail: z.string().max(300).nullable().describe('What was wrong, where the status does not say it'),
});

export type Delivery = z.output<typeof deliverySchema>;

const moment = () => z.coerce.number().int().nullable().default(null);

export const healthSchema = z.object({
  delivered: z.coerce.number().int().default(0).describe('Deliveries that were taken, ever'),
  failed: z.coerce.number().int().default(0).describe('Tries that failed, ever'),
  failingSince: moment().describe(
    'The first failure since the last delivery that was taken; null when it was the last',
  ),
  failures: z.coerce.number().int().default(0).describe('Failures since then'),
  lastAt: moment().describe('When it was last tried'),
  lastOutcome: z.enum(DELIVERY_OUTCOMES).nullable().default(null),
});

export type Health = z.output<typeof healthSchema>;

export const MOST_DELIVERIES = 50;

export class WebhookHealth {
  readonly #redis: Redis;
  readonly #keys: WebhookKeys;

  constructor(redis: Redis, keys: WebhookKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Being asked to wait is no failure: the target lives. */
  async note(id: string, delivery: Delivery): Promise<Health> {
    const { at, outcome } = delivery;
    const { health, deliveries } = this.#keys;
    const list = deliveries(id);
    const change = this.#redis
      .multi()
      .lpush(list, JSON.stringify(delivery))
      .ltrim(list, 0, MOST_DELIVERIES - 1);
    change.hset(health(id), { lastAt: at, lastOutcome: outcome });
    if (outcome === 'delivered') {
      change.hincrby(health(id), 'delivered', 1).hdel(health(id), 'failingSince', 'failures');
    } else if (outcome !== 'throttled') {
      change.hincrby(health(id), 'failed', 1).hincrby(health(id), 'failures', 1).hsetnx(health(id), 'failingSince', at);
    }
    const replies = await change.hgetall(health(id)).exec();
    return parseHealth(replies?.at(-1)?.[1]);
  }

  async read(id: string): Promise<Health> {
    return parseHealth(await this.#redis.hgetall(this.#keys.health(id)));
  }

  /** From now on it is judged anew: a person has switched it on. */
  async forgive(id: string): Promise<void> {
    await this.#redis.hdel(this.#keys.health(id), 'failingSince', 'failures');
  }

  /** Newest first. */
  async deliveries(id: string, limit: number): Promise<readonly Delivery[]> {
    const found = await this.#redis.lrange(this.#keys.deliveries(id), 0, limit - 1);
    return found.flatMap((json) => deliverySchema.safeParse(JSON.parse(json)).data ?? []);
  }

  /** Nobody calls it for this long. */
  async pause(id: string, ms: number): Promise<void> {
    await this.#redis.set(this.#keys.pause(id), '1', 'PX', Math.max(1, Math.round(ms)));
  }

  /** How much of its pause is left; 0 without one. */
  async pauseLeftMs(id: string): Promise<number> {
    return Math.max(0, await this.#redis.pttl(this.#keys.pause(id)));
  }
}

const parseHealth = (fields: unknown): Health => healthSchema.catch(healthSchema.parse({})).parse(fields);
