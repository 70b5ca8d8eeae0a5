// The ledger and the repair on real Redis, with a platform that answers as each case needs. Invariant: whatever ends a
// turn, nothing that was read is read again, and nothing known is forgotten.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Redis } from 'ioredis';
import { repairGap, type RepairNeeds } from '../../src/genesys/repair/repair-gap.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { Poison, Retryable, Throttled } from '../../src/runtime/errors.ts';
import { completeness, type Gap } from '../../src/stores/gaps/gap.ts';
import { GapLedger } from '../../src/stores/gaps/ledger.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { repairGapsStage } from '../../workers/stages/repair-gaps.stage.ts';

const FROM = 1_000_000;
const TO = 1_030_000;
const SETTLE = 60_000;
const gap = { id: 'g1', from: FROM, cause: 'closed', ingester: 'one', feed: 'all' };

let redis: Redis;
let prefix: string;
let ledger: GapLedger;
let now: number;
let asked: [number, number][];
let read: string[];
beforeEach(async () => {
  redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
  prefix = `t-${randomUUID().slice(0, 8)}`;
  ledger = new GapLedger(redis, keysFor(prefix).gaps);
  [now, asked, read] = [TO + 1000, [], []];
  await ledger.open(gap);
  await ledger.close(gap.id, TO, 'closed');
});
afterEach(async () => {
  const left = await redis.keys(`${prefix}:*`);
  if (left.length > 0) await redis.del(...left);
  redis.disconnect();
});

const lots = async function* (ids: readonly string[]): AsyncGenerator<readonly string[]> {
  if (ids.length > 0) yield ids;
};
const pageOf = (ids: readonly string[] = [], total = 5) => ({ ids, total, isLast: ids.length === 0 });
const needs = (over: Partial<RepairNeeds> = {}): RepairNeeds => ({
  ledger,
  metrics: createMetrics(),
  now: () => now,
  settings: { overlapMs: 5000, settleMs: SETTLE },
  openHere: () => lots(['a', 'b']),
  activeIn: async ({ from, to }, page) => {
    asked.push([from, to]);
    return page === 1 && now >= TO + SETTLE ? pageOf(['b', 'c']) : pageOf();
  },
  earlierDays: 0,
  read: async (id) => {
    read.push(id);
    return { kind: 'read', frame: `frame of ${id}` };
  },
  accept: async (id) => id === 'a',
  ...over,
});
const turn = (over: Partial<RepairNeeds> = {}) => repairGap('g1', new AbortController().signal, needs(over));
const entry = async (): Promise<Gap> => (await ledger.find('g1')) ?? expect.fail('no entry');

describe('a repair', () => {
  it('reads what is open at once, asks analytics again when it must know all, and is then over', async () => {
    expect(await turn()).toEqual({ kind: 'defer', reason: expect.any(String), delayMs: SETTLE - 1000 });
    expect(read.sort()).toEqual(['a', 'b']);
    expect(await entry()).toMatchObject({ state: 'repairing', known: 2, reconciled: 2, changed: 1 });
    now = TO + SETTLE;
    expect(await turn()).toEqual({ kind: 'done' });
    expect(asked.at(-1)).toEqual([FROM - 5000, TO]);
    expect(read.sort()).toEqual(['a', 'b', 'c']);
    expect(await entry()).toMatchObject({ state: 'repaired', found: 1, known: 3, reconciled: 3, settledAt: now });
    expect(await turn()).toMatchObject({ kind: 'skip' });
    expect(await ledger.due(10)).toEqual([]);
    expect(await ledger.summary()).toMatchObject({ known: 3, reconciled: 3, completeness: 1 });
  });

  it('goes on where a rate limit stopped it: what was read is not read again', async () => {
    let left = 1;
    const limited: RepairNeeds['read'] = async (id) => {
      if ((left -= 1) < 0) throw new Throttled('rate_limited', 'too many', 30_000);
      read.push(id);
      return { kind: 'read', frame: 'x' };
    };
    await expect(turn({ read: limited })).rejects.toBeInstanceOf(Throttled);
    expect(read).toHaveLength(1);
    await turn();
    expect(read.sort()).toEqual(['a', 'b']);
    expect(await entry()).toMatchObject({ known: 2, reconciled: 2 });
  });

  it('goes on with analytics at the page where a rate limit stopped it', async () => {
    const hour = 3_600_000;
    const from = TO - 2 * hour;
    await ledger.open({ ...gap, id: 'g1', from: from + 5000 });
    await ledger.close('g1', TO, 'closed');
    now = TO + SETTLE;
    const pages: string[] = [];
    let tokens = 0;
    const activeIn: RepairNeeds['activeIn'] = async (part, page) => {
      if ((tokens -= 1) < 0) throw new Throttled('rate_budget', 'used up', 200);
      pages.push(`${(part.from - from) / hour}.${page}`);
      return pageOf(page < 3 ? [`c${part.from}.${page}`] : []);
    };
    // one call a turn, as a budget that trickles allows
    for (let turns = 0; turns < 6; turns += 1) {
      tokens = 1;
      const outcome = turn({ activeIn });
      if (turns < 5) await expect(outcome).rejects.toBeInstanceOf(Throttled);
      else expect(await outcome).toEqual({ kind: 'done' });
    }
    expect(pages).toEqual(['0.1', '0.2', '0.3', '1.1', '1.2', '1.3']);
    expect(await entry()).toMatchObject({ state: 'repaired', cursor: null, known: 6, found: 4 });
  });

  it('narrows an interval that analytics refuses, and gives up where that does not help', async () => {
    const widths: number[] = [];
    const refuseAbove =
      (most: number): RepairNeeds['activeIn'] =>
      async (part, page) => {
        widths.push(part.to - part.from);
        return part.to - part.from > most ? 'refused' : pageOf(page === 1 ? [] : ['no such page']);
      };
    await ledger.open({ ...gap, id: 'g1', from: TO - 480_000 + 5000 });
    await ledger.close('g1', TO, 'closed');
    now = TO + SETTLE;
    expect(await turn({ activeIn: refuseAbove(120_000) })).toEqual({ kind: 'done' });
    expect(widths).toEqual([480_000, 240_000, 120_000, 120_000, 120_000, 120_000]);
    await ledger.close('g1', TO, 'closed');
    await ledger.asked('g1', 0);
    await expect(turn({ activeIn: refuseAbove(1) })).rejects.toMatchObject({ code: 'analytics_refused' });
  });

  it('does not read again what the repair of another gap has read since', async () => {
    await ledger.reconciled('other', ['a'], TO + 500, {});
    await turn();
    expect(read).toEqual(['b']);
    expect(await entry()).toMatchObject({ known: 2, reconciled: 2 });
  });

  it('counts what can never be read as missing: lost, with the reason', async () => {
    now = TO + SETTLE;
    await turn({ accept: async (id) => (id === 'b' ? undefined : false) });
    expect(await entry()).toMatchObject({ state: 'lost', known: 3, reconciled: 2, lastError: expect.stringContaining('INGEST_MAX_FRAME_BYTES') }); // prettier-ignore
    expect(completeness(await entry())).toBeCloseTo(2 / 3);
  });
});

describe('another ingester of the same topics', () => {
  const heard = (wholeSince: number | null, wholeUntil: number, feed = 'all') =>
    ledger.heard('two', { feed, wholeSince, wholeUntil, at: now });

  it('whose socket was live all the while leaves nothing to repair', async () => {
    await heard(FROM - 10_000, TO + 600);
    expect(await turn()).toEqual({ kind: 'done' });
    expect(read).toEqual([]);
    expect(await entry()).toMatchObject({ state: 'repaired', coveredBy: 'two', known: 0 });
  });

  it('is waited for while it may still prove it', async () => {
    await heard(FROM - 10_000, TO - 1);
    expect(await turn()).toMatchObject({ kind: 'defer', delayMs: 2000 });
    now += 6000;
    await turn();
    expect(read.sort()).toEqual(['a', 'b']);
  });

  it.each([
    ['came too late', FROM + 1, TO + 9000, 'all'],
    ['had a gap itself', null, TO + 9000, 'all'],
    ['follows other topics', FROM - 10_000, TO + 9000, 'some'],
  ] as const)('does not count when it %s', async (_why, since, until, feed) => {
    await heard(since, until, feed);
    await turn();
    expect(read.sort()).toEqual(['a', 'b']);
  });
});

describe('the stage', () => {
  const handle = (answer: RepairNeeds['read'], attemptsMade = 0) =>
    repairGapsStage.handle({ gapId: 'g1' }, { signal: new AbortController().signal, attemptsMade, begunBefore: false }, needs({ read: answer })); // prettier-ignore
  const fails = (error: Error) => async (): Promise<never> => {
    throw error;
  };

  it('gives a gap up when no further try can help, and takes it up again when a person asks', async () => {
    const missing = new Poison('missing_permission', 'Grant conversation:communication:view');
    await expect(handle(fails(missing))).rejects.toBe(missing);
    expect(await entry()).toMatchObject({ state: 'lost', attempts: 1, lastError: expect.stringContaining('Grant') });
    expect((await ledger.summary()).byState).toEqual({ open: 0, repairing: 0, repaired: 0, lost: 1 });
    expect(await ledger.reopen('g1')).toBe(true);
    expect(await ledger.due(10)).toEqual(['g1']);
    expect(await ledger.reopen('nobody')).toBe(false);
  });

  it('notes a failure that passes, and gives up after the last attempt', async () => {
    const away = new Retryable('platform_unavailable', 'answered 503');
    await expect(handle(fails(away))).rejects.toBe(away);
    expect(await entry()).toMatchObject({ state: 'repairing', attempts: 1 });
    await expect(handle(fails(away), repairGapsStage.retry.attempts - 1)).rejects.toBe(away);
    expect(await entry()).toMatchObject({ state: 'lost', attempts: 2 });
  });

  it('spends nothing on a rate limit', async () => {
    await expect(handle(fails(new Throttled('rate_limited', 'too many', 1000)))).rejects.toBeInstanceOf(Throttled);
    expect(await entry()).toMatchObject({ state: 'repairing', attempts: 0, lastError: null });
  });
});

describe('the ledger', () => {
  it('keeps the newest settled entries and everything that is not settled', async () => {
    for (let n = 0; n < 520; n += 1) {
      await ledger.open({ ...gap, id: `s${n}`, from: n });
      await ledger.close(`s${n}`, n + 1, 'closed');
      await ledger.settle(`s${n}`, n, { state: 'repaired', coveredBy: null, lastError: null });
    }
    expect((await ledger.summary()).byState).toMatchObject({ repairing: 1, repaired: 500 });
    expect(await ledger.find('s0')).toBeUndefined();
    expect(await redis.exists(keysFor(prefix).gaps.entry('s0'))).toBe(0);
    expect(await entry()).toMatchObject({ state: 'repairing' });
  });
});
