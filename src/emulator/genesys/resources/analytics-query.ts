// What a details query or job asks for, and which conversations answer it. Invariant: a dimension that is not evaluated
// here is refused by name; it never silently matches everything.
import { z } from 'zod';
import { PlatformError } from '../error-body.ts';
import { lastActivity, type AnalyticsConversation } from './analytics-view.ts';

/** Seen in use and refused beyond; the platform publishes none of the three. */
const MAX_PAGE_SIZE = 100;
const MAX_HITS = 100_000;
const MAX_INTERVAL_DAYS = 31;

const DAY_MS = 86_400_000;

const predicate = z.object({
  type: z.enum(['dimension', 'property', 'metric']).default('dimension'),
  dimension: z.string().max(64).optional(),
  operator: z.enum(['matches', 'exists', 'notExists']).default('matches'),
  value: z.string().max(256).nullish(),
});
const clause = z.object({
  type: z.enum(['and', 'or']),
  predicates: z.array(predicate).max(100).default([]),
});
const filter = clause.extend({ clauses: z.array(clause).max(20).nullish() });

export const jobSchema = z.object({
  interval: z.string().max(100),
  order: z.enum(['asc', 'desc', 'unordered']).default('asc'),
  orderBy: z.enum(['conversationStart', 'conversationEnd', 'segmentStart', 'segmentEnd']).default('conversationStart'),
  conversationFilters: z.array(filter).max(20).default([]),
  segmentFilters: z.array(filter).max(20).default([]),
  limit: z.number().int().min(1).optional(),
});

export const querySchema = jobSchema.extend({
  paging: z
    .object({ pageSize: z.number().int().min(1).default(25), pageNumber: z.number().int().min(1).default(1) })
    .default({ pageSize: 25, pageNumber: 1 }),
});

export type DetailsQuery = z.output<typeof jobSchema>;
export type Paging = z.output<typeof querySchema>['paging'];

type Filter = z.output<typeof filter>;
type Predicate = z.output<typeof predicate>;

export function refusePaging({ pageSize, pageNumber }: Paging): void {
  if (pageSize > MAX_PAGE_SIZE) {
    throw new PlatformError(400, 'bad.request', `paging.pageSize may be at most ${MAX_PAGE_SIZE}`);
  }
  if (pageSize * pageNumber > MAX_HITS) {
    throw new PlatformError(400, 'bad.request', `Results beyond ${MAX_HITS} cannot be paged: narrow the interval`);
  }
}

export interface Interval {
  readonly from: number;
  readonly to: number;
}

export function intervalOf(text: string): Interval {
  const [start = '', end = '', ...rest] = text.split('/');
  const [from, to] = [Date.parse(start), Date.parse(end)];
  if (Number.isNaN(from) || Number.isNaN(to) || rest.length > 0) {
    throw new PlatformError(400, 'invalid.date', 'interval must be two ISO-8601 instants with a slash between');
  }
  if (to < from) throw new PlatformError(400, 'bad.request', 'interval must not end before it starts');
  if (to - from > MAX_INTERVAL_DAYS * DAY_MS) {
    throw new PlatformError(400, 'bad.request', `interval may be at most ${MAX_INTERVAL_DAYS} days`);
  }
  return { from, to };
}

/** Active in the interval; the query (unlike the job) also wants it begun on a day that the interval touches. */
export function inInterval(
  conversation: AnalyticsConversation,
  { from, to }: Interval,
  now: number,
  touchedDaysOnly: boolean,
): boolean {
  const start = Date.parse(conversation.conversationStart);
  const earliest = touchedDaysOnly ? Math.floor(from / DAY_MS) * DAY_MS : Number.NEGATIVE_INFINITY;
  return start >= earliest && start <= to && lastActivity(conversation, now) >= from;
}

export function satisfies(conversation: AnalyticsConversation, query: DetailsQuery): boolean {
  const { conversationFilters, segmentFilters } = query;
  const whole = conversationDimensions(conversation);
  const segments = segmentDimensions(conversation);
  return (
    conversationFilters.every((one) => holds(one, whole)) &&
    segmentFilters.every((one) => segments.some((dimensions) => holds(one, dimensions)))
  );
}

type Dimensions = Readonly<Record<string, string | undefined>>;

const conversationDimensions = (conversation: AnalyticsConversation): Dimensions => ({
  conversationId: conversation.conversationId,
  conversationStart: conversation.conversationStart,
  conversationEnd: conversation.conversationEnd,
  originatingDirection: conversation.originatingDirection,
  divisionId: conversation.divisionIds[0],
});

function segmentDimensions(conversation: AnalyticsConversation): readonly Dimensions[] {
  return conversation.participants.flatMap(({ purpose, userId, sessions }) =>
    sessions.flatMap(({ mediaType, direction, segments }) =>
      segments.map(({ segmentType, segmentEnd, queueId, wrapUpCode, disconnectType }) => ({
        purpose, userId, mediaType, direction, segmentType, segmentEnd, queueId, wrapUpCode, disconnectType,
        conversationId: conversation.conversationId,
      })),
    ),
  ); // prettier-ignore
}

function holds({ type, predicates, clauses }: Filter, dimensions: Dimensions): boolean {
  const parts = [
    ...predicates.map((one) => isTrue(one, dimensions)),
    ...(clauses ?? []).map((one) => holds({ ...one, clauses: [] }, dimensions)),
  ];
  return type === 'and' ? parts.every(Boolean) : parts.length === 0 || parts.some(Boolean);
}

function isTrue({ dimension, operator, value }: Predicate, dimensions: Dimensions): boolean {
  if (dimension === undefined || !(dimension in dimensions)) {
    throw new PlatformError(
      400,
      'bad.request',
      `The emulator does not evaluate the dimension ${dimension ?? '(none)'}`,
    );
  }
  const found = dimensions[dimension];
  if (operator === 'matches') return found !== undefined && found === value;
  return (operator === 'exists') === (found !== undefined);
}
