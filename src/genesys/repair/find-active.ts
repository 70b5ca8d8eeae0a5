// Asks analytics for all conversations that an interval may have touched, part by part and page by page: those begun on its
// own days, and of earlier days those still open and those ended since. Invariant: each page that came is noted in the
// ledger, so that a rate limit between any two of them costs no page twice, and the end is always reached.
import { Poison } from '../../runtime/errors.ts';
import type { Gap } from '../../stores/gaps/gap.ts';
import type { GapLedger } from '../../stores/gaps/ledger.ts';
import { PAGE_SIZE, SWEEPS, type Interval, type Question, type Sweep } from '../analytics/details-query.ts';

export interface ActivePage {
  /** Those of the page that are followed. */
  readonly ids: readonly string[];
  /** On all pages, at this moment. */
  readonly total: number;
  readonly isLast: boolean;
}

export interface FindNeeds {
  readonly ledger: Pick<GapLedger, 'know' | 'paged'>;
  /** `refused`: a narrower interval may be taken. */
  readonly activeIn: (question: Question, page: number, signal: AbortSignal) => Promise<ActivePage | 'refused'>;
  /** How many days before that of the interval's beginning a conversation may have begun. */
  readonly earlierDays: number;
}

const DAY_MS = 86_400_000;
/** Far below the platform's caps even in a large contact centre. */
const PART_MS = 3_600_000;
/** When so little is refused as well, it is not the width that is wrong. */
const LEAST_PART_MS = 60_000;

interface Cursor extends Interval {
  readonly sweep: Sweep;
  readonly page: number;
  /** The fewest that any page before had; 0 before the first. */
  readonly total: number;
}

export async function findActive(gap: Gap, interval: Interval, needs: FindNeeds, signal: AbortSignal): Promise<void> {
  const reach = reachOf(interval, needs.earlierDays);
  let at: Cursor | undefined = parseCursor(gap.cursor) ?? partFrom('active', interval.from, reach, PART_MS);
  while (at !== undefined) {
    const { sweep, from, to } = at;
    const page = await needs.activeIn({ sweep, from, to, endedSince: interval.from }, at.page, signal);
    if (page === 'refused') {
      at = narrower(at);
      continue;
    }
    const found = await needs.ledger.know(gap, page.ids);
    at = nextPage(at, page) ?? nextPart(at, reach);
    await needs.ledger.paged(gap.id, at === undefined ? '' : textOf(at), found);
  }
}

type Reach = Readonly<Record<Sweep, Interval>>;

/** The query names what began on a day that it touches, so earlier days are asked for by themselves. */
function reachOf(interval: Interval, earlierDays: number): Reach {
  const midnight = Math.floor(interval.from / DAY_MS) * DAY_MS;
  const earlier = { from: midnight - earlierDays * DAY_MS, to: midnight - 1 };
  return { active: interval, open: earlier, ended: earlier };
}

/** What has left the result has moved the rest to the front: as many pages back. It only falls, so that there is an end. */
function nextPage(at: Cursor, { isLast, total }: ActivePage): Cursor | undefined {
  const before = at.total || total;
  const back = Math.ceil(Math.max(0, before - total) / PAGE_SIZE);
  if (isLast && back === 0) return undefined;
  return { ...at, page: Math.max(1, at.page + 1 - back), total: Math.min(before, total) };
}

function nextPart({ sweep, from, to }: Cursor, reach: Reach): Cursor | undefined {
  const here = partFrom(sweep, to, reach, Math.max(LEAST_PART_MS, to - from));
  if (here !== undefined) return here;
  for (const next of SWEEPS.slice(SWEEPS.indexOf(sweep) + 1)) {
    const first = partFrom(next, reach[next].from, reach, Number.POSITIVE_INFINITY);
    if (first !== undefined) return first;
  }
  return undefined;
}

function partFrom(sweep: Sweep, from: number, reach: Reach, widthMs: number): Cursor | undefined {
  const { to } = reach[sweep];
  return from >= to ? undefined : { sweep, from, to: Math.min(to, from + widthMs), page: 1, total: 0 };
}

function narrower({ sweep, from, to }: Cursor): Cursor {
  if (to - from > LEAST_PART_MS) return { sweep, from, to: from + Math.ceil((to - from) / 2), page: 1, total: 0 };
  throw new Poison('analytics_refused', 'the platform refuses to be asked for the conversations of even one minute');
}

const textOf = ({ sweep, from, to, page, total }: Cursor): string => [sweep, from, to, page, total].join('/');

function parseCursor(text: string | null): Cursor | undefined {
  const [name, ...figures] = (text ?? '').split('/');
  const sweep = SWEEPS.find((one) => one === name);
  const [from = Number.NaN, to = Number.NaN, page = Number.NaN, total = Number.NaN] = figures.map(Number);
  return sweep !== undefined && Number.isInteger(total) ? { sweep, from, to, page, total } : undefined;
}
