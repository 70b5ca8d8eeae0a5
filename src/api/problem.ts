// Every error answer, as RFC 9457 problem+json. Invariant: a 5xx is logged here and tells the caller nothing of its
// cause; a 4xx names what is wrong and how to put it right, and never repeats what was sent.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { entries } from '../config/entries.ts';
import type { ApiNeeds } from './needs.ts';

export const problemSchema = z
  .object({
    type: z.string().describe('Always about:blank: `code` tells problems apart'),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('Stable name of the problem'),
    detail: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('What is wrong with which field, all of it at once'),
  })
  .describe('An RFC 9457 problem');

export type Problem = z.infer<typeof problemSchema>;

/** For a route's `response` schema. */
export const problemResponse = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'Sign in first',
  403: 'Refused',
  404: 'Not found',
  405: 'Not allowed here',
  409: 'It does not fit what is there',
  413: 'The body is too large',
  422: 'It cannot be taken',
  415: 'This kind of body is not taken',
  429: 'Too many attempts',
  500: 'Something went wrong here',
  503: 'Not available now',
};

/** Thrown by a route: an error answer it chose itself. */
export class ProblemError extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, detail: string) {
    super(detail);
    this.name = 'ProblemError';
    this.statusCode = statusCode;
    this.code = code;
  }
}

export function sendProblem(
  reply: FastifyReply,
  status: number,
  code: string,
  detail: string,
  more: Partial<Problem> = {},
) {
  const title = TITLES[status] ?? 'The request failed';
  const problem: Problem = { type: 'about:blank', title, status, code, detail, ...more };
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(problem);
}

export const notFound = (_request: FastifyRequest, reply: FastifyReply) =>
  sendProblem(reply, 404, 'not_found', 'There is nothing at this address. The API is described at /docs.');

export function errorHandler({ config, log, metrics }: Pick<ApiNeeds, 'config' | 'log' | 'metrics'>) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const route = request.routeOptions.url ?? 'unknown';
    if (error instanceof ProblemError) return sendProblem(reply, error.statusCode, error.code, error.message);
    if (hasZodFastifySchemaValidationErrors(error)) return sendInvalid(error.validation, reply);
    if (error.statusCode === 413) {
      metrics.count('throughline_ingest_refused_total', { reason: 'http_body_too_large' });
      log.warn({ route, limit: config.apiBodyLimitBytes }, 'a request body was over the limit');
      return sendProblem(reply, 413, 'body_too_large', tooLarge(config.apiBodyLimitBytes));
    }
    if (isRedisUnreachable(error)) {
      return sendProblem(reply.header('retry-after', '2'), 503, 'redis_unreachable', 'Redis does not answer.');
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, codeOf(error), clientDetail(status));
    log.error({ err: error, route }, 'a request failed');
    return sendProblem(reply, status, 'internal', 'The cause is in the log of the API process.');
  };
}

/** What a connection says when it gives up, and Fastify when it gave up waiting; the cause is in the log already. */
const isRedisUnreachable = ({ name, message, code }: FastifyError): boolean =>
  name === 'MaxRetriesPerRequestError' ||
  message === 'Command timed out' ||
  message === 'Connection is closed.' ||
  code === 'FST_ERR_HANDLER_TIMEOUT';

const tooLarge = (limit: number): string =>
  `The body may have ${limit} bytes at most. ${entries.apiBodyLimitBytes.env} sets the limit.`;

function sendInvalid(issues: readonly { instancePath: string; message?: string | undefined }[], reply: FastifyReply) {
  const errors = issues.map(({ instancePath, message }) => ({
    path: instancePath === '' ? '/' : instancePath,
    message: message ?? 'is not valid',
  }));
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return sendProblem(reply, 400, 'invalid_request', detail, { errors });
}

/** Fastify's own words may quote the request (a media type, a path), so ours stand in for them. */
function clientDetail(status: number): string {
  if (status === 415) return 'Send application/json, or a form where a form is asked for.';
  return 'The request could not be read: check its body and headers.';
}

const codeOf = (error: FastifyError): string => error.code?.toLowerCase().replace(/^fst_err_/, '') || 'bad_request';
