// What an answer of the conversations' HTTP resource means: the one file that reads its HTTP statuses.
// Invariant: what a person must put right (credential, permission, address) is poison and names the setting; no message
// holds the address, which names a conversation.
import { isAxiosError, isCancel, type AxiosResponse } from 'axios';
import { certificateProblem } from '../../runtime/certificate.ts';
import { Conflict, Failure, Interrupted, Poison, Retryable, Throttled } from '../../runtime/errors.ts';
import { retryAfterMs } from '../retry-after.ts';

const URL_SETTING = 'THROUGHLINE_CONVERSATION_UPDATE_URL';
const TIMEOUT_SETTING = 'THROUGHLINE_CONVERSATION_UPDATE_TIMEOUT_MS';
const TOKEN_SETTING = 'THROUGHLINE_CONVERSATION_UPDATE_TOKEN';

export function httpFailure(error: unknown, method: string, now: number): unknown {
  if (error instanceof Failure) return error;
  // only the stage's own signal cancels: it knows whether its time was up or the process stops
  if (isCancel(error)) return new Interrupted();
  if (!isAxiosError(error)) return error;
  if (error.response !== undefined) return refusal(error.response, method, now);
  const why = error.code ?? 'no answer';
  if (why === 'ECONNABORTED') {
    return new Retryable('timeout', `${method} of a conversation took longer than ${TIMEOUT_SETTING}`);
  }
  const certificate = certificateProblem(why, URL_SETTING);
  if (certificate !== undefined) return new Retryable('certificate', certificate);
  return new Retryable(
    'unreachable',
    `${method} of a conversation failed (${why}); check ${URL_SETTING} and the network`,
  );
}

function refusal(response: AxiosResponse, method: string, now: number): Failure {
  const { status } = response;
  const said = `${method} of a conversation was answered ${status}`;
  switch (status) {
    case 409:
    case 412:
      return new Conflict('conflict', said);
    case 401:
      return new Poison('unauthorized', `${said}; check ${TOKEN_SETTING}`);
    case 403:
      return new Poison('missing_permission', `${said}; give the owner of ${TOKEN_SETTING} the right to do that`);
    case 404:
    case 410:
      return new Poison('not_found', `${said}; check ${URL_SETTING}, and that a resource is there for each conversation`); // prettier-ignore
    case 405:
      return new Poison('wrong_method', `${said}; set THROUGHLINE_CONVERSATION_UPDATE_METHOD to what it allows`);
    case 429:
    case 503:
      return new Throttled('throttled', said, retryAfterMs(response.headers['retry-after'], now));
    default:
      if (status === 408 || status >= 500) return new Retryable('unavailable', said);
      if (status < 400) return new Poison('redirect', `${said}; ${URL_SETTING} must be the final address`);
      return new Poison('refused', said);
  }
}
