// Analytics of conversations: the details query, and one conversation's details. Invariant: nothing is shown before it is
// available: the query lags a little behind life, the jobs (analytics-jobs.ts) far more.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound, parse } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { analyticsJobRoutes } from './analytics-jobs.ts';
import { querySchema, refusePaging } from './analytics-query.ts';
import { search, type AnalyticsContext, type AnalyticsDelays } from './analytics-search.ts';
import { analyticsOf, type AnalyticsConversation } from './analytics-view.ts';
import { listOf } from './paging.ts';

const delaysSchema = z.object({
  queryLagMs: z.number().int().min(0).max(86_400_000).optional(),
  jobLagMs: z.number().int().min(0).max(86_400_000).optional(),
  drift: z.number().int().min(0).max(50).optional(),
});

const idSchema = z.object({ conversationId: z.string() });
const MAX_IDS = 100;
const idsSchema = z.object({ id: listOf(z.string().max(100)) });
const VIEW_DETAILS = needs('analytics:conversationDetail:view');

export function analyticsRoutes(app: FastifyInstance, context: AnalyticsContext): void {
  const { delays } = context;

  app.post('/analytics/conversations/details/query', VIEW_DETAILS, (request) => {
    const query = parse(querySchema, request.body, 'body');
    refusePaging(query.paging);
    const found = search(context, query, { lagMs: delays.queryLagMs, touchedDaysOnly: true });
    const { pageSize, pageNumber } = query.paging;
    const start = Math.max(0, (pageNumber - 1) * (pageSize - Math.min(delays.drift, pageSize - 1)));
    const conversations = found.slice(start, start + pageSize);
    return { ...(conversations.length === 0 ? {} : { conversations }), totalHits: found.length };
  });

  const details = (conversationId: string): AnalyticsConversation | undefined => {
    const entry = context.driver.ledger().conversations.find((one) => one.conversationId === conversationId);
    return entry && analyticsOf(entry, context.now() - delays.queryLagMs, context.divisionId);
  };
  app.get('/analytics/conversations/:conversationId/details', VIEW_DETAILS, (request) => {
    const found = details(idSchema.parse(request.params).conversationId);
    if (found === undefined) throw notFound('conversation');
    return found;
  });
  app.get('/analytics/conversations/details', VIEW_DETAILS, (request) => {
    const { id } = parse(idsSchema, request.query, 'query parameter');
    const conversations = id.slice(0, MAX_IDS).map(details).filter((one) => one !== undefined); // prettier-ignore
    return { conversations };
  });
  analyticsJobRoutes(app, context);
}

export function analyticsControlRoutes(app: FastifyInstance, delays: AnalyticsDelays): void {
  app.post('/emulator/analytics', (request) => {
    const { queryLagMs, jobLagMs, drift } = parse(delaysSchema, request.body, 'body');
    Object.assign(delays, {
      queryLagMs: queryLagMs ?? delays.queryLagMs,
      jobLagMs: jobLagMs ?? delays.jobLagMs,
      drift: drift ?? delays.drift,
    });
    return delays;
  });
}
