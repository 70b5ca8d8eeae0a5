// The details query, a page at a time: which conversations an interval may have touched. Invariant: a live result moves
// while it is paged, so what comes again is for the caller to know, and how many there are is told with each page.
import { z } from 'zod';
import { Failure } from '../../runtime/errors.ts';
import type { Rest } from '../rest.ts';
import { conversationDetails, type ConversationDetails } from './details.ts';

export interface Interval {
  readonly from: number;
  readonly to: number;
}

/**
 * The platform answers with conversations that began on a day the interval touches. Of those, `active`: all; `open`:
 * the ones that have not ended; `ended`: the ones that have since `endedSince`, the newest end first.
 */
export const SWEEPS = ['active', 'open', 'ended'] as const;
export type Sweep = (typeof SWEEPS)[number];

export interface Question extends Interval {
  readonly sweep: Sweep;
  readonly endedSince: number;
}

export interface DetailsPage {
  readonly conversations: readonly ConversationDetails[];
  /** On all pages, at this moment. */
  readonly total: number;
  readonly isLast: boolean;
}

/** What most code asks for; the platform's own cap is not published, and some of its endpoints refuse more. */
export const PAGE_SIZE = 100;

const answerSchema = z.object({
  conversations: z.array(conversationDetails).max(1000).nullish(),
  totalHits: z.number().int().min(0).optional().catch(undefined),
});

/** It is optional; nothing can be less. */
const UNTOLD = Number.MAX_SAFE_INTEGER;

const byStart = { order: 'asc', orderBy: 'conversationStart' } as const;
const byEnd = { order: 'desc', orderBy: 'conversationEnd' } as const;
const end = (operator: 'exists' | 'notExists') => ({
  conversationFilters: [{ type: 'and', predicates: [{ type: 'dimension', dimension: 'conversationEnd', operator }] }],
});
const ASKED = {
  active: byStart,
  open: { ...byStart, ...end('notExists') },
  ended: { ...byEnd, ...end('exists') },
} as const satisfies Record<Sweep, object>;

/** `refused` (400): too wide or too many for the platform, whose caps are not published; a narrower interval may do. */
export async function detailsPage(
  rest: Rest,
  question: Question,
  pageNumber: number,
  signal: AbortSignal,
): Promise<DetailsPage | 'refused'> {
  const interval = `${new Date(question.from).toISOString()}/${new Date(question.to).toISOString()}`;
  try {
    const { conversations, totalHits } = await rest.call({
      method: 'POST',
      path: '/analytics/conversations/details/query',
      body: { interval, ...ASKED[question.sweep], paging: { pageSize: PAGE_SIZE, pageNumber } },
      answer: answerSchema,
      priority: 'bulk',
      signal,
    });
    return pageOf(conversations ?? [], totalHits ?? UNTOLD, question);
  } catch (error) {
    if (error instanceof Failure && error.code === 'refused') return 'refused';
    throw error;
  }
}

/** There is no last page but an empty one, except where the order says that nothing on the next can matter. */
function pageOf(all: readonly ConversationDetails[], total: number, { sweep, endedSince }: Question): DetailsPage {
  if (sweep !== 'ended') return { conversations: all, total, isLast: all.length === 0 };
  const conversations = all.filter(({ conversationEnd }) => !(Date.parse(conversationEnd ?? '') < endedSince));
  return { conversations, total, isLast: all.length === 0 || conversations.length < all.length };
}
