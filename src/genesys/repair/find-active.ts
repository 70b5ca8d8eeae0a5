// Asks analytics for all conversations of an interval, part by part and page by page. Invariant: each page that came is
// noted in the ledger, so that a rate limit between any two of them costs no page twice, and the end is always reached.
import { Poison } from '../../runtime/errors.ts';
import type { Gap } from '../../stores/gaps/gap.ts';
import type { GapLedger } from '../../stores/gaps/ledger.ts';
import type { Interval } from '../analytics/details-query.ts';

export interface ActivePage {
  /** Those of the page that are followed. */
  readonly ids: readonly string[];
  /** An empty page is the last. */
  readonly isEmpty: boolean;
}

export interface FindNeeds {
  readonly ledger: Pick<GapLedger, 'know' | 'paged'>;
  /** `refused`: a narrower interval may be taken. */
  readonly activeIn: (interval: Interval, page: number, signal: AbortSignal) => Promise<ActivePage | 'refused'>;
}

/** Far below the platform's caps even in a large contact centre. */
const PART_MS = 3_600_000;
/** When so little is refused as well, it is not the width that is wrong. */
const LEAST_PART_MS = 60_000;

interface Cursor extends Interval {
  readonly page: number;
}

export async function findActive(gap: Gap, interval: Interval, needs: FindNeeds, signal: AbortSignal): Promise<void> {
  let at: Cursor | undefined = parseCursor(gap.cursor) ?? partFrom(interval.from, interval, PART_MS);
  while (at !== undefined) {
    const page = await needs.activeIn(at, at.page, signal);
    if (page === 'refused') {
      at = narrower(at);
      continue;
    }
    const found = await needs.ledger.know(gap, page.ids);
    const width = Math.max(LEAST_PART_MS, at.to - at.from);
    at = page.isEmpty ? partFrom(at.to, interval, width) : { ...at, page: at.page + 1 };
    await needs.ledger.paged(gap.id, at === undefined ? '' : `${at.from}/${at.to}/${at.page}`, found);
  }
}

const partFrom = (from: number, { to }: Interval, widthMs: number): Cursor | undefined =>
  from >= to ? undefined : { from, to: Math.min(to, from + widthMs), page: 1 };

function narrower({ from, to }: Cursor): Cursor {
  if (to - from > LEAST_PART_MS) return { from, to: from + Math.ceil((to - from) / 2), page: 1 };
  throw new Poison('analytics_refused', 'the platform refuses to be asked for the conversations of even one minute');
}

function parseCursor(text: string | null): Cursor | undefined {
  const [from = Number.NaN, to = Number.NaN, page = Number.NaN] = (text ?? '').split('/').map(Number);
  return Number.isInteger(page) ? { from, to, page } : undefined;
}
