// What it means when a whole batch is not accepted: the one file that reads the CRM's HTTP statuses and the network's
// codes. Invariant: only what the batch's content can explain is poison (it will be split); a wrong address, credential,
// certificate or proxy keeps everything and says which setting to look at, and no message quotes an answer.
import { isAxiosError, isCancel } from 'axios';
import { certificateProblem } from '../../runtime/certificate.ts';
import { Conflict, Failure, Poison, Retryable, Throttled } from '../../runtime/errors.ts';
import { retryAfterMs } from '../retry-after.ts';

/** The CRM's answer as far as anybody looks at it. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
}

export interface Asked {
  readonly now: number;
  /** Settings to look at when the CRM says no. */
  readonly credentials: string;
  /** What was answered, and the setting that says where it was sent; a batch of the sink unless given. */
  readonly what?: string;
  readonly url?: string;
}

const URL_SETTING = 'THROUGHLINE_CRM_URL';

/** No answer came. */
export function transportFailure(error: unknown, setting: string = URL_SETTING): unknown {
  if (error instanceof Failure) return error;
  if (isCancel(error)) return timedOut();
  if (!isAxiosError(error)) return error;
  const why = error.code ?? 'no answer';
  if (why === 'ECONNABORTED' || why === 'ETIMEDOUT') return timedOut();
  const certificate = certificateProblem(why, setting);
  if (certificate !== undefined) return new Retryable('crm_certificate', certificate);
  if (why === 'EPROTO' || why.startsWith('ERR_SSL'))
    return new Retryable(
      'crm_tls',
      `no TLS at ${setting} (${why}): is it http:// rather than https://, or another port?`,
    );
  if (why === 'ENOTFOUND' || why === 'EAI_AGAIN')
    return new Retryable('unreachable', `the CRM’s host name cannot be resolved (${why}); check ${setting} and DNS`);
  if (error.message.startsWith('maxContentLength'))
    return new Retryable('crm_answer_too_large', `the CRM answered more than is read; does ${setting} name its API?`);
  return new Retryable('unreachable', `the CRM cannot be reached (${why}); check ${setting} and the network`);
}

const timedOut = (): Retryable =>
  new Retryable(
    'timeout',
    'the CRM did not answer within THROUGHLINE_CRM_TIMEOUT_MS; the batch is sent again under its key',
  );

/** An answer outside 2xx. */
export function refusal(answer: Answer, asked: Asked): Failure {
  const { now, credentials, what = 'a batch', url = URL_SETTING } = asked;
  const { status } = answer;
  const said = `the CRM answered ${status}${isHtml(answer) ? ' with an HTML page' : ''} to ${what}`;
  switch (status) {
    case 429:
    case 503:
      return new Throttled('crm_throttled', said, retryAfterMs(answer.retryAfter, now));
    case 401:
    case 403:
      return new Retryable('crm_unauthorized', `${said}; check ${credentials}, and what that user may do in the CRM`);
    case 404:
    case 405:
    case 410:
      return new Retryable('crm_wrong_address', `${said}; check ${url} and the mapping’s path and method`);
    case 407:
      return new Retryable('crm_proxy', `${said}; a proxy on the way asks for credentials`);
    case 409:
    case 412:
      return new Conflict('crm_conflict', said);
    default:
      return otherRefusal(answer, said, url);
  }
}

function otherRefusal(answer: Answer, said: string, url: string): Failure {
  const { status } = answer;
  if ([408, 423, 425].includes(status) || status >= 500) return new Retryable('crm_unavailable', said);
  if (status < 400) {
    const where = originOf(answer.location);
    return new Retryable('crm_redirect', `${said}: it redirects${where}; ${url} must be the final address`);
  }
  // a page is a proxy's or a login's word, no judgement of the records; but too large is too large, whoever says so
  if (isHtml(answer) && status !== 413) return notJson(answer, url);
  return new Poison('crm_refused', said);
}

export const isHtml = ({ contentType, text }: Answer): boolean =>
  contentType.toLowerCase().includes('text/html') || /^\s*<(!doctype|html|head|body)\b/i.test(text);

/** 2xx or 4xx, but nobody who speaks the CRM's language. */
export const notJson = (answer: Answer, url: string = URL_SETTING): Retryable => {
  const what = isHtml(answer) ? 'an HTML page' : 'something that is not JSON';
  const fix = `${url} probably names a login page, a proxy or a web site; set it to the address of the API`;
  return new Retryable('crm_not_json', `the CRM answered ${answer.status} with ${what} instead of JSON: ${fix}`);
};

/** What an accepted or refused batch was told; undefined for an empty body. @throws Retryable when it is not JSON. */
export function jsonOf(answer: Answer, url: string = URL_SETTING): unknown {
  if (answer.text.trim() === '') return undefined;
  try {
    return JSON.parse(answer.text) as unknown;
  } catch {
    throw notJson(answer, url);
  }
}

/** Host only: a location's path and query may hold a session. */
function originOf(location: string | undefined): string {
  return location !== undefined && URL.canParse(location) ? ` to ${new URL(location).origin}` : '';
}
