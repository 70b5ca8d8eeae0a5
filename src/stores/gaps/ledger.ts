// The gap ledger in Redis: written by ingesters (a gap begins, a gap ends) and by repairs, read by people.
// Invariants: an entry and its place in the indexes change in one transaction; every write may be repeated; what waits for
// its repair is never trimmed.
import type { Redis } from 'ioredis';
import type { GapKeys } from '../redis/keys.ts';
import { completeness, gapSchema, heardSchema, type Gap, type GapState, type Heard } from './gap.ts';

/** Settled entries kept: weeks of a bad network. */
const MOST_SETTLED = 500;
/** One an ingester: more are not looked at. */
const MOST_OPEN = 100;
/** One reading is good for the gaps of a day. */
const READ_KEPT_MS = 86_400_000;
const MOST_READ_KEPT = 200_000;
/** What an ingester heard longer ago says nothing that its successors have not said since. */
const HEARD_KEPT_MS = 7 * 86_400_000;

export type NewGap = Pick<Gap, 'id' | 'from' | 'cause' | 'ingester' | 'feed'>;
export type Figures = Partial<Pick<Gap, 'reconciled' | 'changed' | 'gone'>>;
export type Ending = Pick<Gap, 'lastError' | 'coveredBy'> & { readonly state: 'repaired' | 'lost' };

export interface GapSummary {
  readonly byState: Readonly<Record<GapState, number>>;
  readonly known: number;
  readonly reconciled: number;
  readonly changed: number;
  readonly gone: number;
  /** Over all gaps ever. */
  readonly completeness: number;
}

export class GapLedger {
  readonly #redis: Redis;
  readonly #keys: GapKeys;

  constructor(redis: Redis, keys: GapKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async open({ id, ...gap }: NewGap): Promise<void> {
    const { entry, index, open } = this.#keys;
    const transaction = this.#redis.multi().hset(entry(id), { ...gap, state: 'open' });
    await all(transaction.zadd(index, gap.from, id).zadd(open, gap.from, id));
  }

  /** From now on its repair is due. */
  async close(id: string, to: number, cause: string): Promise<void> {
    const { entry, due, open } = this.#keys;
    const transaction = this.#redis.multi().hset(entry(id), { to, cause, state: 'repairing' });
    await all(transaction.zrem(open, id).zadd(due, to, id));
  }

  /** Tries a gap again that was given up; false when there is no such gap. */
  async reopen(id: string): Promise<boolean> {
    const gap = await this.find(id);
    if (gap?.state !== 'lost' || gap.to === null) return false;
    const { entry, due, lost } = this.#keys;
    const transaction = this.#redis.multi().hset(entry(id), { state: 'repairing' }).hdel(entry(id), 'settledAt', 'lastError'); // prettier-ignore
    await all(transaction.zrem(lost, id).zadd(due, gap.to, id));
    return true;
  }

  async find(id: string): Promise<Gap | undefined> {
    return parseGap(id, await this.#redis.hgetall(this.#keys.entry(id)));
  }

  /** Newest first. */
  async list(limit: number): Promise<readonly Gap[]> {
    const ids = await this.#redis.zrevrange(this.#keys.index, 0, limit - 1);
    const found = await Promise.all(ids.map((id) => this.find(id)));
    return found.filter((gap) => gap !== undefined);
  }

  /** Those that go on. */
  async unended(): Promise<readonly Gap[]> {
    const ids = await this.#redis.zrange(this.#keys.open, 0, MOST_OPEN - 1);
    const found = await Promise.all(ids.map((id) => this.find(id)));
    return found.filter((gap) => gap !== undefined);
  }

  /** Those whose repair is not over, the oldest first. */
  due(limit: number): Promise<string[]> {
    return this.#redis.zrange(this.#keys.due, 0, limit - 1);
  }

  /**
   * Conversations of the gap; each that was not known to be has then to be read, unless it was since the gap ended.
   * Answers with how many were not.
   */
  async know(gap: Gap, ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const { entry, known, unread, read, totals } = this.#keys;
    const readAt = await this.#redis.zmscore(read, ...ids);
    const until = gap.to ?? Number.POSITIVE_INFINITY;
    const stale = new Set(ids.filter((_, index) => Number(readAt[index] ?? -1) < until));
    const before = await this.#redis.smismember(known(gap.id), ...ids);
    const added = ids.filter((_, index) => before[index] === 0);
    if (added.length === 0) return 0;
    const toRead = added.filter((id) => stale.has(id));
    const transaction = this.#redis.multi().sadd(known(gap.id), ...added);
    if (toRead.length > 0) transaction.sadd(unread(gap.id), ...toRead);
    for (const key of [entry(gap.id), totals]) {
      transaction.hincrby(key, 'known', added.length).hincrby(key, 'reconciled', added.length - toRead.length);
    }
    await all(transaction);
    return added.length;
  }

  unread(id: string, count: number): Promise<string[]> {
    return this.#redis.srandmember(this.#keys.unread(id), count);
  }

  /** They were read and are in their partitions. */
  async reconciled(id: string, ids: readonly string[], at: number, figures: Figures): Promise<void> {
    if (ids.length === 0) return;
    const { entry, unread, read, totals } = this.#keys;
    const transaction = this.#redis.multi().srem(unread(id), ...ids);
    transaction.zadd(read, ...ids.flatMap((one) => [at, one]));
    transaction.zremrangebyscore(read, '-inf', at - READ_KEPT_MS).zremrangebyrank(read, 0, -MOST_READ_KEPT - 1);
    for (const [field, by] of Object.entries(figures)) {
      transaction.hincrby(entry(id), field, by).hincrby(totals, field, by);
    }
    await all(transaction);
  }

  /** Cannot be read, whatever is tried: no longer waited for, and missing in the completeness. */
  async giveUpOn(id: string, conversationId: string, why: string): Promise<void> {
    const { entry, unread } = this.#keys;
    await all(
      this.#redis
        .multi()
        .srem(unread(id), conversationId)
        .hset(entry(id), { lastError: why.slice(0, 500) }),
    );
  }

  /** A page of analytics is read: what ends the turn now does not begin it again. */
  async paged(id: string, cursor: string, found: number): Promise<void> {
    const key = this.#keys.entry(id);
    await all(this.#redis.multi().hset(key, { cursor }).hincrby(key, 'found', found));
  }

  async asked(id: string, at: number): Promise<void> {
    const key = this.#keys.entry(id);
    await all(this.#redis.multi().hset(key, { askedAt: at }).hdel(key, 'cursor'));
  }

  async failed(id: string, why: string): Promise<void> {
    const key = this.#keys.entry(id);
    await all(
      this.#redis
        .multi()
        .hincrby(key, 'attempts', 1)
        .hset(key, { lastError: why.slice(0, 500) }),
    );
  }

  async settle(id: string, at: number, { state, lastError, coveredBy }: Ending): Promise<void> {
    const { entry, due, known, unread } = this.#keys;
    const settled = this.#keys[state];
    const facts = {
      state,
      settledAt: at,
      ...(lastError === null ? {} : { lastError: lastError.slice(0, 500) }),
      ...(coveredBy === null ? {} : { coveredBy }),
    };
    const transaction = this.#redis.multi().hset(entry(id), facts).zrem(due, id).zadd(settled, at, id);
    await all(transaction.del(known(id), unread(id)));
    await this.#trim(settled);
  }

  async heard(ingester: string, heard: Heard): Promise<void> {
    await this.#redis.hset(this.#keys.heard, ingester, JSON.stringify(heard));
  }

  /** By ingester, the dead ones too. */
  async listeners(): Promise<ReadonlyMap<string, Heard>> {
    const found = await this.#redis.hgetall(this.#keys.heard);
    const parsed = Object.entries(found).map(([ingester, json]) => [ingester, parseHeard(json)] as const);
    return new Map(parsed.flatMap(([ingester, heard]) => (heard === undefined ? [] : [[ingester, heard] as const])));
  }

  async forgetListeners(now: number): Promise<void> {
    const old = [...(await this.listeners())].filter(([, { at }]) => at < now - HEARD_KEPT_MS);
    if (old.length > 0) await this.#redis.hdel(this.#keys.heard, ...old.map(([ingester]) => ingester));
  }

  async summary(): Promise<GapSummary> {
    const { open, due, totals, repaired, lost } = this.#keys;
    const transaction = this.#redis.multi().zcard(open).zcard(due).zcard(repaired).zcard(lost).hgetall(totals);
    const [goingOn, underRepair, over, givenUp, sums] = await all(transaction);
    const count = (field: string): number => Number((sums as Record<string, string>)[field] ?? 0);
    const [known, reconciled] = [count('known'), count('reconciled')];
    return {
      byState: {
        open: Number(goingOn),
        repairing: Number(underRepair),
        repaired: Number(over),
        lost: Number(givenUp),
      },
      known,
      reconciled,
      changed: count('changed'),
      gone: count('gone'),
      completeness: completeness({ known, reconciled }),
    };
  }

  async #trim(settled: string): Promise<void> {
    const { index, entry } = this.#keys;
    const old = await this.#redis.zrange(settled, 0, -MOST_SETTLED - 1);
    if (old.length === 0) return;
    await all(this.#redis.multi().del(...old.map(entry)).zrem(index, ...old).zrem(settled, ...old)); // prettier-ignore
  }
}

async function all(transaction: ReturnType<Redis['multi']>): Promise<unknown[]> {
  const replies = await transaction.exec();
  return (replies ?? []).map(([error, value]) => {
    if (error !== null) throw error;
    return value;
  });
}

function parseGap(id: string, fields: Readonly<Record<string, string>>): Gap | undefined {
  return gapSchema.safeParse({ id, ...fields }).data;
}

function parseHeard(json: string): Heard | undefined {
  try {
    return heardSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}
