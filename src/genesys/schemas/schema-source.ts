// Schemas for all who ask, read from the platform as seldom as may be: this process's copy, then the one all replicas
// share in Redis, then the platform. Invariants: one reading of a schema at a time; while reading fails or takes long the
// last known one serves, marked stale, for its time; a failure is asked for again only after a rest.
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { attributeSchemaSchema, type AttributeSchema } from '../../domain/enrichment/attribute-schema.ts';
import type { ReadSchema } from '../../domain/enrichment/read-json-schema.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { delay, type Clock } from '../../runtime/clock.ts';
import { Failure, Retryable, Throttled } from '../../runtime/errors.ts';
import { unlessStopped } from '../../runtime/unless-stopped.ts';
import type { Keys } from '../../stores/redis/keys.ts';
import type { Rest } from '../rest.ts';
import { readSchema, type SchemaReference } from './read-schema.ts';

export interface ServedSchema {
  readonly schema: AttributeSchema;
  /** The platform did not give it again when it should have. */
  readonly stale: boolean;
  /** Why nothing can be held against it. */
  readonly problem: string | undefined;
}

export interface SchemaSource {
  /** @throws Failure where none is known: Poison for what is not there or may not be read. */
  read(reference: SchemaReference, signal: AbortSignal): Promise<ServedSchema>;
}

export interface SchemaSourceNeeds {
  readonly rest: Rest;
  readonly redis: Redis;
  readonly keys: Pick<Keys, 'attributeSchema'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Redis is away: the platform is asked. */
  readonly onRedisError: (error: Error) => void;
  readonly ttlMs: number;
  readonly staleMs: number;
}

const knownSchema = z.object({
  fetchedAt: z.number(),
  read: z.object({ schema: attributeSchemaSchema, leftOut: z.number(), problem: z.string().max(200).optional() }),
});

interface Known {
  readonly fetchedAt: number;
  readonly read: ReadSchema;
}

interface Held {
  readonly known: Known | undefined;
  readonly failure: unknown;
  /** Not asked for again before. */
  readonly until: number;
}

/** Those of the configuration, and what people inspect by hand. */
const MOST_HELD = 200;
/** One who has a last known one waits no longer than this for a newer. */
const PATIENCE_MS = 2000;
const REST_MS = 10_000;
const LONGEST_REST_MS = 60_000;

export class CachedSchemas implements SchemaSource {
  readonly #needs: SchemaSourceNeeds;
  readonly #held = new Map<string, Held>();
  readonly #underWay = new Map<string, Promise<Held>>();

  constructor(needs: SchemaSourceNeeds) {
    this.#needs = needs;
  }

  async read(reference: SchemaReference, signal: AbortSignal): Promise<ServedSchema> {
    const name = `${reference.kind}:${reference.id}`;
    const held = this.#held.get(name);
    if (held !== undefined && this.#needs.clock.now() < held.until) return this.#serve(held);
    const refreshed = this.#refresh(reference, name, held?.known);
    const last = held?.known;
    if (last === undefined || !this.#serves(last)) return this.#serve(await unlessStopped(refreshed, signal));
    const failure = new Retryable('timeout', 'the platform has not given the schema in time');
    const slow = { known: last, failure, until: 0 };
    return this.#serve(await unlessStopped(this.#inTime(refreshed, slow), signal));
  }

  async #inTime(work: Promise<Held>, otherwise: Held): Promise<Held> {
    const settled = new AbortController();
    const tooLate = delay(this.#needs.clock, PATIENCE_MS, settled.signal).then(() => otherwise);
    try {
      return await Promise.race([work, tooLate]);
    } finally {
      settled.abort();
    }
  }

  #serve({ known, failure }: Held): ServedSchema {
    if (known !== undefined && (failure === undefined || this.#serves(known))) {
      const { schema, problem } = known.read;
      return { schema, problem, stale: failure !== undefined };
    }
    throw failure;
  }

  #serves({ fetchedAt }: Known): boolean {
    const { clock, ttlMs, staleMs } = this.#needs;
    return clock.now() < fetchedAt + ttlMs + staleMs;
  }

  #refresh(reference: SchemaReference, name: string, last: Known | undefined): Promise<Held> {
    const known = this.#underWay.get(name);
    if (known !== undefined) return known;
    const work = this.#find(reference, last).then((held) => this.#keep(name, held));
    this.#underWay.set(name, work);
    return work.finally(() => this.#underWay.delete(name));
  }

  #keep(name: string, held: Held): Held {
    this.#held.delete(name);
    this.#held.set(name, held);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST_HELD && oldest !== undefined) this.#held.delete(oldest);
    return held;
  }

  /** Never rejects: a failure is an answer, and rests. */
  async #find(reference: SchemaReference, last: Known | undefined): Promise<Held> {
    const { clock, ttlMs, metrics } = this.#needs;
    const shared = await this.#shared(reference);
    const newest = shared !== undefined && shared.fetchedAt >= (last?.fetchedAt ?? 0) ? shared : last;
    const count = (outcome: string): void =>
      metrics.count('throughline_enrichment_schema_reads_total', { kind: reference.kind, outcome });
    if (newest !== undefined && clock.now() < newest.fetchedAt + ttlMs) {
      count('shared');
      return { known: newest, failure: undefined, until: newest.fetchedAt + ttlMs };
    }
    try {
      const known = { fetchedAt: clock.now(), read: await readSchema(this.#needs.rest, reference) };
      await this.#share(reference, known);
      count('read');
      this.#tell(reference, known.read);
      return { known, failure: undefined, until: clock.now() + ttlMs };
    } catch (error) {
      const serves = newest !== undefined && this.#serves(newest);
      count(serves ? 'stale' : 'failed');
      this.#needs.log.warn({ err: error, ...reference, lastKnownServes: serves }, 'a schema could not be read');
      return { known: newest, failure: error, until: clock.now() + restAfter(error, serves) };
    }
  }

  #tell(reference: SchemaReference, { problem, leftOut, schema }: ReadSchema): void {
    const facts = { ...reference, declares: schema.attributes.length, leftOut };
    if (problem !== undefined) this.#needs.log.warn({ ...facts, problem }, 'a schema declares nothing to be sent');
    else this.#needs.log.info(facts, 'a schema was read');
  }

  async #shared({ kind, id }: SchemaReference): Promise<Known | undefined> {
    const { redis, keys, onRedisError } = this.#needs;
    const text = await redis.get(keys.attributeSchema(kind, id)).catch((error: Error) => {
      onRedisError(error);
      return null;
    });
    return text === null ? undefined : knownIn(text);
  }

  async #share({ kind, id }: SchemaReference, known: Known): Promise<void> {
    const { redis, keys, onRedisError, ttlMs, staleMs } = this.#needs;
    const key = keys.attributeSchema(kind, id);
    await redis.set(key, JSON.stringify(known), 'PX', ttlMs + staleMs).catch(onRedisError);
  }
}

/** What another version has written is as if it were not there. */
function knownIn(text: string): Known | undefined {
  try {
    const { fetchedAt, read } = knownSchema.parse(JSON.parse(text));
    const { schema, leftOut, problem } = read;
    return { fetchedAt, read: { schema, leftOut, ...(problem === undefined ? {} : { problem }) } };
  } catch {
    return undefined;
  }
}

/** A call that was held back cost nothing: who has nothing better may ask again at once. */
function restAfter(error: unknown, serves: boolean): number {
  if (error instanceof Throttled) return serves ? Math.min(error.retryAfterMs, LONGEST_REST_MS) : 0;
  return error instanceof Failure ? REST_MS : 0;
}
