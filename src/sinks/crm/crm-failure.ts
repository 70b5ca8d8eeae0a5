// What an answer of the CRM to a whole batch means: the one file that reads its HTTP statuses.
// Invariant: only what the batch's content can explain is poison (it will be split); a wrong address or credential
// keeps everything and says which setting to look at.
import { isAxiosError, isCancel, type AxiosResponse } from 'axios';
import { Conflict, Failure, Poison, Retryable, Throttled } from '../../runtime/errors.ts';

const DEFAULT_PAUSE_MS = 5000;
/** A pause is asked for again when it ends, so a mistaken "86400" costs an hour at most. */
const LONGEST_PAUSE_MS = 3_600_000;

export function crmFailure(error: unknown, now: number): unknown {
  if (error instanceof Failure) return error;
  if (isCancel(error)) return new Retryable('timeout', 'the CRM did not answer within THROUGHLINE_CRM_TIMEOUT_MS');
  if (!isAxiosError(error)) return error;
  if (error.response !== undefined) return refusal(error.response, now);
  const why = error.code ?? 'no answer';
  return new Retryable('unreachable', `the CRM cannot be reached (${why}); check THROUGHLINE_CRM_URL and the network`);
}

function refusal(response: AxiosResponse, now: number): Failure {
  const { status } = response;
  const said = `the CRM answered ${status} to a batch`;
  switch (status) {
    case 429:
    case 503:
      return new Throttled('crm_throttled', said, retryAfterMs(response, now));
    case 401:
    case 403:
      return new Retryable('crm_unauthorized', `${said}; check THROUGHLINE_CRM_TOKEN`);
    case 404:
    case 405:
      return new Retryable('crm_wrong_address', `${said}; check THROUGHLINE_CRM_URL`);
    case 409:
    case 412:
      return new Conflict('crm_conflict', said);
    default:
      if (status === 408 || status >= 500) return new Retryable('crm_unavailable', said);
      if (status >= 300 && status < 400) {
        return new Retryable('crm_redirect', `${said}; THROUGHLINE_CRM_URL must be the final address`);
      }
      return new Poison('crm_refused', said);
  }
}

/** Seconds or an HTTP date, as RFC 9110 has it. */
function retryAfterMs(response: AxiosResponse, now: number): number {
  const value: unknown = response.headers['retry-after'];
  if (typeof value !== 'string') return DEFAULT_PAUSE_MS;
  const asked = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 1000), LONGEST_PAUSE_MS) : DEFAULT_PAUSE_MS;
}
