// The webhook targets in Redis, each one sealed as a whole. Invariants: nothing of a target is in clear but its id; a
// change is made to what was read or not at all, so of two writers at once neither is undone unseen.
import type { Redis } from 'ioredis';
import { Poison, Retryable } from '../../runtime/errors.ts';
import type { Seal } from '../../runtime/seal.ts';
import type { WebhookKeys } from '../redis/keys.ts';
import { luaScript } from '../redis/script.ts';
import { endpointSchema, MOST_ENDPOINTS, type Endpoint } from './endpoint.ts';

const putEndpoint = luaScript(new URL('put-endpoint.lua', import.meta.url));

/** In a row, against writers of one target: people, and now and then a worker. */
const TRIES = 10;

export type Added = 'added' | 'known' | 'full';

export class WebhookRegistry {
  readonly #redis: Redis;
  readonly #keys: WebhookKeys;
  readonly #seal: Seal;

  constructor(redis: Redis, keys: WebhookKeys, seal: Seal) {
    this.#redis = redis;
    this.#keys = keys;
    this.#seal = seal;
  }

  async add(endpoint: Endpoint): Promise<Added> {
    const answer = await this.#put(endpoint.id, '', this.#seal.seal(JSON.stringify(endpoint)));
    return answer === 1 ? 'added' : answer === 0 ? 'known' : 'full';
  }

  async find(id: string): Promise<Endpoint | undefined> {
    const sealed = await this.#redis.hget(this.#keys.endpoints, id);
    return sealed === null ? undefined : this.#open(sealed);
  }

  /** The oldest first. */
  async list(): Promise<readonly Endpoint[]> {
    const all = await this.#redis.hvals(this.#keys.endpoints);
    return all.map((sealed) => this.#open(sealed)).toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)); // prettier-ignore
  }

  /**
   * What `change` makes of the target; it is asked again when somebody was faster, and leaves things as they are by
   * giving back nothing. Answers with the target as it is then; undefined when there is none.
   */
  async change(id: string, change: (endpoint: Endpoint) => Endpoint | undefined): Promise<Endpoint | undefined> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const sealed = await this.#redis.hget(this.#keys.endpoints, id);
      if (sealed === null) return undefined;
      const endpoint = this.#open(sealed);
      const next = change(endpoint);
      if (next === undefined) return endpoint;
      if ((await this.#put(id, sealed, this.#seal.seal(JSON.stringify(next)))) === 1) return next;
    }
    throw new Retryable('webhook_contended', 'a webhook target is changed by others again and again');
  }

  /** False when there was none. */
  async remove(id: string): Promise<boolean> {
    const gone = await this.#redis.hdel(this.#keys.endpoints, id);
    await this.#redis.del(this.#keys.health(id), this.#keys.deliveries(id), this.#keys.pause(id));
    return gone > 0;
  }

  async #put(id: string, read: string, next: string): Promise<unknown> {
    return putEndpoint.run(this.#redis, [this.#keys.endpoints], [id, read, next, MOST_ENDPOINTS]);
  }

  #open(sealed: string): Endpoint {
    const parsed = endpointSchema.safeParse(JSON.parse(this.#seal.unseal(sealed)));
    if (parsed.success) return parsed.data;
    throw new Poison('webhook_unreadable', 'a stored webhook target is of another version: remove it and add it again');
  }
}
