// The platform's errors on the wire. Invariant: every answer of 400 or more under /api/v2 is an ErrorBody, with a code
// the platform knows and the correlation id of its header; none quotes the request.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';

export interface ErrorDetail {
  readonly errorCode: string;
  readonly fieldName?: string;
  readonly entityId?: string;
}

/** What some errors say beside code and message. */
export interface ErrorExtras {
  readonly messageParams?: Readonly<Record<string, string>>;
  /** The limit that was reached. */
  readonly limit?: { readonly key: string; readonly namespace: string; readonly value: number };
  readonly retryAfterSeconds?: number;
}

export class PlatformError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly ErrorDetail[];
  readonly extras: ErrorExtras;

  constructor(
    status: number,
    code: string,
    message: string,
    details: readonly ErrorDetail[] = [],
    extras: ErrorExtras = {},
  ) {
    super(message);
    this.name = 'PlatformError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.extras = extras;
  }
}

export const notFound = (what: string): PlatformError =>
  new PlatformError(404, 'not.found', `The requested resource was not found: ${what}`);

export const conflict = (message: string): PlatformError => new PlatformError(409, 'conflict', message);

export function tooManyRequests(retryAfterSeconds: number, limit?: ErrorExtras['limit']): PlatformError {
  const message = `Rate limit exceeded the maximum. Retry the request in [${retryAfterSeconds}] seconds`;
  const messageParams = { retryAfter: String(retryAfterSeconds) };
  const extras = { messageParams, retryAfterSeconds, ...(limit === undefined ? {} : { limit }) };
  return new PlatformError(429, 'too.many.requests.retry.after', message, [], extras);
}

/** One permission asked for is missing; of several, any one would have done. */
export function missingPermissions(permissions: readonly string[]): PlatformError {
  const named = permissions.join(', ');
  const extras = { messageParams: { permissions: named } };
  return permissions.length === 1
    ? new PlatformError(
        403,
        'missing.permissions',
        `Unable to perform the requested action. You are missing the following permission(s): ${named}`,
        [],
        extras,
      )
    : new PlatformError(
        403,
        'missing.any.permissions',
        `Unable to perform the requested action. You must have at least one of the following permissions assigned: ${named}`,
        [],
        extras,
      );
}

/** The platform's codes for what the HTTP server itself refuses. */
const SERVER_CODES: Readonly<Record<number, string>> = {
  400: 'bad.request',
  404: 'not.found',
  413: 'request.entity.too.large',
  415: 'unsupported.media.type',
};

export function sendError(reply: FastifyReply, error: PlatformError): FastifyReply {
  const { status, code, message, details, extras } = error;
  const { retryAfterSeconds, ...said } = extras;
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
  const contextId = reply.getHeader('ININ-Correlation-Id');
  return reply.code(status).send({ message, code, status, ...said, contextId, details, errors: [] });
}

export function answerErrors(app: FastifyInstance): void {
  app.setNotFoundHandler((_request: FastifyRequest, reply) => sendError(reply, notFound('no such path')));
  app.setErrorHandler((error: FastifyError | PlatformError, _request, reply) => {
    if (error instanceof PlatformError) return sendError(reply, error);
    const status = error.statusCode ?? 500;
    const code = SERVER_CODES[status] ?? (status < 500 ? 'bad.request' : 'internal.server.error');
    return sendError(reply, new PlatformError(status, code, error.message));
  });
}

/** The value as `schema` has it, or a 400 that names the first fields at fault. */
export function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 10);
  const details = issues.map(({ path }) => ({ errorCode: 'invalid.value', fieldName: path.join('.') }));
  const first = issues[0];
  const where = first === undefined || first.path.length === 0 ? what : `${what}: ${first.path.join('.')}`;
  throw new PlatformError(400, 'bad.request', `Invalid ${where}: ${first?.message ?? 'not as declared'}`, details);
}
