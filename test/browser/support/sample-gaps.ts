// The gaps of the sample deployment, through the ledger itself: one in every state.
import type { Redis } from 'ioredis';
import { GapLedger } from '../../../src/stores/gaps/ledger.ts';
import type { Keys } from '../../../src/stores/redis/keys.ts';

/** A start that another ingester covered, a cut that was repaired, one that was given up, one that goes on. */
export async function fillGaps(redis: Redis, keys: Keys, now: number): Promise<void> {
  const ledger = new GapLedger(redis, keys.gaps);
  const gap = async (id: string, minutesAgo: number, cause: string): Promise<number> => {
    const from = now - minutesAgo * 60_000;
    await ledger.open({ id, from, cause, ingester: 'ingester-1', feed: 'all' });
    return from;
  };
  const covered = await gap('gap-covered', 95, 'start');
  await ledger.close('gap-covered', covered + 2400, 'start');
  await ledger.settle('gap-covered', now, { state: 'repaired', coveredBy: 'ingester-2', lastError: null });
  for (const [id, minutesAgo, known] of [
    ['gap-repaired', 40, 31],
    ['gap-lost', 12, 8],
  ] as const) {
    const from = await gap(id, minutesAgo, 'closed');
    await ledger.close(id, from + 31_000, 'closed');
    const ids = Array.from({ length: known }, (_, n) => `${id}-${n}`);
    await ledger.know({ ...((await ledger.find(id)) ?? raise(id)) }, ids);
    await ledger.reconciled(id, ids.slice(0, 6), now, { reconciled: id === 'gap-lost' ? 6 : known, changed: 5 });
  }
  await ledger.settle('gap-repaired', now, { state: 'repaired', coveredBy: null, lastError: null });
  const lastError = 'missing_permission: Grant analytics:conversationDetail:view to a role of the OAuth client';
  await ledger.settle('gap-lost', now, { state: 'lost', coveredBy: null, lastError });
  await gap('gap-open', 0.2, 'silent');
}

const raise = (what: string): never => {
  throw new Error(`no ${what}`);
};
