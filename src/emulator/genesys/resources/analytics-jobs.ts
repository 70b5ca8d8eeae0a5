// Details jobs: submitted, worked on for a moment, then read by cursor. Invariant: what a job holds was settled when it
// was submitted; a cursor belongs to one job.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { notFound, parse, PlatformError } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { jobSchema } from './analytics-query.ts';
import { search, withAttributes, type AnalyticsContext } from './analytics-search.ts';
import type { AnalyticsConversation } from './analytics-view.ts';

/** The oldest is dropped first: each may hold thousands of conversations. */
const MAX_JOBS = 50;
const WORK_MS = 200;
const EXPIRES_MS = 86_400_000;
const MAX_RESULT_PAGE = 1000;

interface Job {
  readonly id: string;
  readonly submittedAt: number;
  readonly availableUntil: number;
  readonly conversations: readonly AnalyticsConversation[];
  cancelled: boolean;
}

const paramsSchema = z.object({ jobId: z.string() });
const resultsSchema = z.object({
  cursor: z.string().max(100).optional(),
  pageSize: z.coerce.number().int().min(1).max(MAX_RESULT_PAGE).default(MAX_RESULT_PAGE),
});

export function analyticsJobRoutes(app: FastifyInstance, context: AnalyticsContext): void {
  const { now, delays } = context;
  const jobs = new Map<string, Job>();
  const path = '/analytics/conversations/details/jobs';
  const view = needs('analytics:conversationDetail:view');
  const jobOf = (params: unknown): Job => {
    const job = jobs.get(paramsSchema.parse(params).jobId);
    if (job === undefined) throw notFound('job');
    return job;
  };

  app.get(`${path}/availability`, view, () => ({ dataAvailabilityDate: iso(now() - delays.jobLagMs) }));
  app.post(path, view, (request, reply) => {
    const job = submit(context, request.body);
    jobs.set(job.id, job);
    const [oldest] = jobs.keys();
    if (jobs.size > MAX_JOBS && oldest !== undefined) jobs.delete(oldest);
    return reply.code(202).send({ jobId: job.id });
  });
  app.get(`${path}/:jobId`, view, (request) => statusOf(jobOf(request.params), now()));
  app.delete(`${path}/:jobId`, view, (request, reply) => {
    jobOf(request.params).cancelled = true;
    return reply.code(204).send();
  });
  app.get(`${path}/:jobId/results`, view, (request) => {
    const job = jobOf(request.params);
    if (stateOf(job, now()) !== 'FULFILLED') {
      throw new PlatformError(400, 'bad.request', 'The job has no results to read');
    }
    return pageOf(job, parse(resultsSchema, request.query, 'query parameter'));
  });
}

function submit(context: AnalyticsContext, body: unknown): Job {
  const query = parse(jobSchema, body, 'body');
  const lagMs = context.delays.jobLagMs;
  const found = search(context, query, { lagMs, touchedDaysOnly: false }).slice(0, query.limit);
  return {
    id: randomUUID(),
    submittedAt: context.now(),
    availableUntil: context.now() - lagMs,
    conversations: found.map((one) => withAttributes(context, one)),
    cancelled: false,
  };
}

function stateOf({ submittedAt, cancelled }: Job, now: number): string {
  if (cancelled) return 'CANCELLED';
  const age = now - submittedAt;
  if (age < WORK_MS / 2) return 'QUEUED';
  if (age < WORK_MS) return 'PENDING';
  return age < EXPIRES_MS ? 'FULFILLED' : 'EXPIRED';
}

function statusOf(job: Job, now: number): Record<string, unknown> {
  const state = stateOf(job, now);
  const done = state === 'FULFILLED' || state === 'EXPIRED';
  return {
    state,
    submissionDate: iso(job.submittedAt),
    expirationDate: iso(job.submittedAt + EXPIRES_MS),
    ...(done ? { completionDate: iso(job.submittedAt + WORK_MS) } : {}),
  };
}

function pageOf(job: Job, { cursor, pageSize }: z.output<typeof resultsSchema>): Record<string, unknown> {
  const [owner, place = '0'] = (cursor ?? `${job.id}.0`).split('.');
  const from = Number(place);
  if (owner !== job.id || !Number.isInteger(from)) {
    throw new PlatformError(400, 'bad.request', 'The cursor is not one of this job');
  }
  const next = from + pageSize;
  return {
    conversations: job.conversations.slice(from, next),
    ...(next < job.conversations.length ? { cursor: `${job.id}.${next}` } : {}),
    dataAvailabilityDate: iso(job.availableUntil),
  };
}

const iso = (at: number): string => new Date(at).toISOString();
