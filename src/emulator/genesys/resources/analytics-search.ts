// Looking conversations up for analytics. Invariant: what is found is what was available at the horizon, no more.
import type { Driver } from '../../driver/driver.ts';
import { inInterval, intervalOf, satisfies, type DetailsQuery } from './analytics-query.ts';
import { analyticsOf, type AnalyticsConversation } from './analytics-view.ts';

/** Changed by `POST /emulator/analytics`. */
export interface AnalyticsDelays {
  /** How far the query and the details of one conversation are behind. */
  queryLagMs: number;
  /** How far the data of jobs is behind: a day at worst on the platform. */
  jobLagMs: number;
  /** Conversations of a page that come again on the next, as when results move while they are paged. */
  drift: number;
}

export const ANALYTICS_DELAYS: AnalyticsDelays = { queryLagMs: 2000, jobLagMs: 60_000, drift: 0 };

export interface AnalyticsContext {
  readonly driver: Driver;
  readonly divisionId: string;
  readonly now: () => number;
  readonly delays: AnalyticsDelays;
}

interface Reach {
  readonly lagMs: number;
  readonly touchedDaysOnly: boolean;
}

export function search(
  { driver, divisionId, now }: AnalyticsContext,
  query: DetailsQuery,
  { lagMs, touchedDaysOnly }: Reach,
): readonly AnalyticsConversation[] {
  const interval = intervalOf(query.interval);
  const horizon = now() - lagMs;
  const found: AnalyticsConversation[] = [];
  for (const entry of driver.ledger().conversations) {
    const seen = analyticsOf(entry, horizon, divisionId);
    if (seen === undefined || !inInterval(seen, interval, horizon, touchedDaysOnly)) continue;
    if (satisfies(seen, query)) found.push(seen);
  }
  const sign = query.order === 'desc' ? -1 : 1;
  const key = query.orderBy === 'conversationEnd' ? 'conversationEnd' : 'conversationStart';
  // open ones last, as if they ended after all others; ids settle what is equal
  const place = (one: AnalyticsConversation): string => `${one[key] ?? '9'} ${one.conversationId}`;
  return found.sort((a, b) => sign * place(a).localeCompare(place(b)));
}

/** The query leaves participants' attributes out; the rest has them. */
export function withAttributes({ driver }: AnalyticsContext, seen: AnalyticsConversation): AnalyticsConversation {
  const known = driver.find(seen.conversationId)?.snapshot.participants ?? [];
  const attributes = new Map(known.map((participant) => [participant.id, participant.attributes]));
  const participants = seen.participants.map((one) =>
    Object.assign({ attributes: attributes.get(one.participantId) ?? {} }, one),
  );
  return { ...seen, participants };
}
