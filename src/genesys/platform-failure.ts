// What an answer of the platform means to us: the one file that reads its HTTP statuses.
// Invariant: a message names the call, the platform's code and the fix, never a token, a body or a filled-in id.
import { isAxiosError, isCancel, type AxiosResponse } from 'axios';
import { z } from 'zod';
import { certificateProblem } from '../runtime/certificate.ts';
import { Conflict, Failure, Fatal, Poison, Retryable, Throttled } from '../runtime/errors.ts';

/** The platform's window is one minute: what to wait when a 429 does not say. */
const RATE_WINDOW_MS = 60_000;
/** A daily limit may say hours; nothing sensible says more than a day. */
const LONGEST_PAUSE_MS = 24 * 3_600_000;
const MOST_PERMISSIONS = 10;

/** Only what is safe to repeat: the body's own messages may quote what we sent. */
const errorBody = z.object({
  code: z.string().regex(/^[a-z][a-z0-9._]{0,79}$/i).optional().catch(undefined),
  message: z.string().max(10_000).optional().catch(undefined),
  messageParams: z.record(z.string(), z.unknown()).optional().catch(undefined),
}); // prettier-ignore

/** `call` is the method and the path's template. What is no answer of the platform (a bug) comes back as it was. */
export function platformFailure(error: unknown, call: string): unknown {
  if (error instanceof Failure) return error;
  if (isCancel(error)) return new Retryable('timeout', `${call} was not answered in time`);
  if (!isAxiosError(error)) return error;
  if (tooLarge(error.message)) {
    return new Poison('too_large', `${call}: the request or its answer is larger than the platform's own limits`);
  }
  if (error.response) return refusal(error.response, call);
  return noAnswer(error.code ?? 'no answer', call);
}

/** Why there was no answer at all, and what to look at; for REST and sockets alike. */
export function noAnswer(why: string, call: string): Retryable {
  const certificate = certificateProblem(why, 'THROUGHLINE_GENESYS_REGION or THROUGHLINE_GENESYS_GATEWAY_URL');
  if (certificate !== undefined) return new Retryable('certificate', `${call}: ${certificate}`);
  return new Retryable(
    'unreachable',
    `${call}: the platform cannot be reached (${why}); check the network, the proxy, THROUGHLINE_GENESYS_REGION and, where ` +
      'it is set, THROUGHLINE_GENESYS_GATEWAY_URL',
  );
}

/** axios has one code for these and for much else, so its text decides; the unit test holds it there. */
function tooLarge(message: string): boolean {
  return /^maxContentLength|maxBodyLength/.test(message);
}

function refusal(response: AxiosResponse, call: string): Failure {
  const { status } = response;
  const said = `${call} was answered ${status}${detail(response)}`;
  if (status === 429) return new Throttled('rate_limited', said, retryAfterMs(response));
  if (status === 408 || status >= 500) return new Retryable('platform_unavailable', said);
  if (status === 409 || status === 412) return new Conflict('conflict', said);
  if (status === 404) return new Poison('not_found', said);
  if (status === 403) return new Poison('missing_permission', `${said}. ${permissionAdvice(response)}`);
  if (status === 401) {
    return new Fatal(
      'unauthorized',
      `${said} even with a fresh token. Check that the OAuth client of THROUGHLINE_GENESYS_CLIENT_ID is still enabled`,
    );
  }
  if (status < 400) {
    return new Poison(
      'unexpected_redirect',
      `${said}. Check THROUGHLINE_GENESYS_REGION and THROUGHLINE_GENESYS_GATEWAY_URL`,
    );
  }
  return new Poison('refused', said);
}

function detail(response: AxiosResponse): string {
  const correlation = header(response, 'inin-correlation-id');
  const parts = [
    errorBody.safeParse(response.data).data?.code,
    correlation !== undefined && /^[0-9a-f-]{8,64}$/i.test(correlation) ? `correlation id ${correlation}` : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function permissionAdvice(response: AxiosResponse): string {
  const named = permissionsIn(response.data);
  const what = named.length === 0 ? 'the missing permission' : named.join(', ');
  return `Grant ${what} to a role of the OAuth client that THROUGHLINE_GENESYS_CLIENT_ID names`;
}

/** The body holds them in its message or its parameters, by endpoint; their form (domain:entity:action) is unmistakable. */
function permissionsIn(body: unknown): readonly string[] {
  const { data } = errorBody.safeParse(body);
  const texts = [data?.message, ...Object.values(data?.messageParams ?? {})].filter((text) => typeof text === 'string');
  const found = texts.flatMap(
    (text) => text.slice(0, 10_000).match(/\b[a-z]\w{0,60}:[a-z]\w{0,60}:(?:[a-z]\w{0,60}|\*)/gi) ?? [],
  );
  return [...new Set(found)].slice(0, MOST_PERMISSIONS);
}

function retryAfterMs(response: AxiosResponse): number {
  const seconds = headerNumber(response, 'retry-after') ?? headerNumber(response, 'inin-ratelimit-reset');
  return seconds === undefined ? RATE_WINDOW_MS : Math.min(seconds * 1000, LONGEST_PAUSE_MS);
}

export function headerNumber(response: AxiosResponse, name: string): number | undefined {
  const value = header(response, name);
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function header(response: AxiosResponse, name: string): string | undefined {
  const value: unknown = response.headers[name];
  return typeof value === 'string' ? value : undefined;
}
