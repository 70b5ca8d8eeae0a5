// What analytics is asked for, and how it is paged: the ledger is a cursor here. Invariant: whatever ends a turn, no page is
// asked for twice without a reason.
import { describe, expect, it } from 'vitest';
import type { Gap } from '../../../src/stores/gaps/gap.ts';
import { findActive, type ActivePage, type FindNeeds } from '../../../src/genesys/repair/find-active.ts';

const DAY = 86_400_000;
const interval = { from: 3 * DAY + 60_000, to: 3 * DAY + 90_000 };

const pageOf = (ids: readonly string[] = [], total = 5): ActivePage => ({ ids, total, isLast: ids.length === 0 });

class Finding {
  cursor: string | null = null;
  readonly ids: string[] = [];

  async turn(activeIn: FindNeeds['activeIn'], earlierDays: number): Promise<void> {
    const ledger: FindNeeds['ledger'] = {
      know: async (_gap, ids) => this.ids.push(...ids),
      paged: async (_id, cursor) => {
        this.cursor = cursor;
      },
    };
    const gap = { id: 'g', cursor: this.cursor } as Gap;
    await findActive(gap, interval, { ledger, activeIn, earlierDays }, new AbortController().signal);
  }
}

describe('what is asked for', () => {
  it('is what began on the days of the interval, and of earlier days what is open and what has ended since', async () => {
    const finding = new Finding();
    const questions: string[] = [];
    let mayAsk = true;
    const activeIn: FindNeeds['activeIn'] = async ({ sweep, from, to, endedSince }, page) => {
      if (!mayAsk) throw new Error('the budget is used up');
      mayAsk = false;
      questions.push(`${sweep}.${page} from ${from} to ${to} since ${endedSince}`);
      return pageOf(page === 1 ? [sweep] : []);
    };
    for (let turns = 0; turns < 6; turns += 1) {
      mayAsk = true;
      await finding.turn(activeIn, 2).catch(() => undefined);
    }
    const own = `from ${interval.from} to ${interval.to} since ${interval.from}`;
    const earlier = `from ${DAY} to ${3 * DAY - 1} since ${interval.from}`;
    const expected = [`active.1 ${own}`, `active.2 ${own}`];
    for (const sweep of ['open', 'ended']) expected.push(`${sweep}.1 ${earlier}`, `${sweep}.2 ${earlier}`);
    expect(questions).toEqual(expected);
    expect([finding.ids, finding.cursor]).toEqual([['active', 'open', 'ended'], '']);
  });

  it('is nothing of earlier days where none are wanted', async () => {
    const sweeps: string[] = [];
    const activeIn: FindNeeds['activeIn'] = async ({ sweep }) => {
      sweeps.push(sweep);
      return pageOf();
    };
    await new Finding().turn(activeIn, 0);
    expect(sweeps).toEqual(['active']);
  });

  it('goes back as many pages as have left the result, and ends although the total rises and falls', async () => {
    const totals = [250, 50, 50, 250, 20];
    const pages: number[] = [];
    const activeIn: FindNeeds['activeIn'] = async (_question, page) => {
      pages.push(page);
      return pageOf(page <= 3 ? [`${page}`] : [], totals[pages.length - 1] ?? 20);
    };
    await new Finding().turn(activeIn, 0);
    // 200 fewer than on the page before: two back; later 30 fewer than ever: the same page again
    expect(pages).toEqual([1, 2, 1, 2, 3, 3, 4]);
  });
});
