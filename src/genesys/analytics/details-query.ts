// The details query, a page at a time: which conversations were active in an interval. Invariant: a live result moves while
// it is paged, so there is no last page but an empty one, and what comes again is for the caller to know.
import { z } from 'zod';
import { Failure } from '../../runtime/errors.ts';
import type { Rest } from '../rest.ts';
import { conversationDetails, type ConversationDetails } from './details.ts';

export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** What most code asks for; the platform's own cap is not published, and some of its endpoints refuse more. */
const PAGE_SIZE = 100;

const answerSchema = z.object({
  conversations: z.array(conversationDetails).max(1000).nullish(),
});

/** `refused` (400): too wide or too many for the platform, whose caps are not published; a narrower interval may do. */
export async function detailsPage(
  rest: Rest,
  { from, to }: Interval,
  pageNumber: number,
  signal: AbortSignal,
): Promise<readonly ConversationDetails[] | 'refused'> {
  const interval = `${new Date(from).toISOString()}/${new Date(to).toISOString()}`;
  try {
    const { conversations } = await rest.call({
      method: 'POST',
      path: '/analytics/conversations/details/query',
      body: { interval, order: 'asc', orderBy: 'conversationStart', paging: { pageSize: PAGE_SIZE, pageNumber } },
      answer: answerSchema,
      priority: 'bulk',
      signal,
    });
    return conversations ?? [];
  } catch (error) {
    if (error instanceof Failure && error.code === 'refused') return 'refused';
    throw error;
  }
}
