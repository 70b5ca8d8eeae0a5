// Asks the CRM for one customer by one identifier, as the mapping says. Invariants: one request a call, within its time
// and a bounded answer; whatever goes wrong leaves here as one of the failure family; retries belong to the job.
import axios, { isCancel, type AxiosInstance } from 'axios';
import type { Clock } from '../../runtime/clock.ts';
import { Interrupted, Poison, Retryable } from '../../runtime/errors.ts';
import { authorizerFor } from '../../sinks/crm/auth.ts';
import { answerOf } from '../../sinks/crm/crm-client.ts';
import { jsonOf, refusal, transportFailure, type Answer, type Asked } from '../../sinks/crm/crm-failure.ts';
import type { Credentials } from '../../sinks/crm/mapping/schema.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { TokenShare } from '../../stores/tokens/token-share.ts';
import { customerIn } from './answer.ts';
import type { CustomerSource, Identifier } from './customer.ts';
import type { LookupMapping } from './mapping.ts';

export interface CrmSourceOptions {
  readonly url: string;
  readonly mapping: LookupMapping;
  readonly credentials: Credentials;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Where replicas find each other's token. */
  readonly share?: TokenShare | undefined;
}

/** 500 attributes of 2 KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const URL_SETTING = 'THROUGHLINE_ENRICHMENT_CRM_URL (or THROUGHLINE_CRM_URL)';

export function crmSource({
  url,
  mapping,
  credentials,
  timeoutMs,
  clock,
  metrics,
  share,
}: CrmSourceOptions): CustomerSource {
  const auth = authorizerFor(mapping.auth, { baseUrl: url, credentials, timeoutMs, clock, share });
  const http = connection();
  const send = async (identifier: Identifier, stop: AbortSignal): Promise<Answer> => {
    const authorization = await auth.header();
    const identified = authorization === undefined ? {} : { Authorization: authorization };
    const { path, data } = requestFor(identifier);
    const headers = { Accept: 'application/json', ...mapping.headers, ...identified };
    const response = await http.request<string>({ method: mapping.method, url: url.replace(/\/$/, '') + path, data, headers, signal: stop }); // prettier-ignore
    if (response.status === 401) auth.refused(authorization);
    return answerOf(response);
  };
  return {
    ask: async (identifier, _priority, signal) => {
      const answer = await inTime(clock, timeoutMs, signal, (stop) => send(identifier, stop));
      if (mapping.notFound.includes(answer.status)) return undefined;
      const asked: Asked = { now: clock.now(), credentials: auth.settings, what: 'a look-up', url: URL_SETTING };
      if (answer.status < 200 || answer.status >= 300) throw refusal(answer, asked);
      const read = customerIn(jsonOf(answer, URL_SETTING), mapping);
      for (const [reason, count] of read?.leftOut ?? []) {
        metrics.count('throughline_lookup_attributes_left_out_total', { reason }, count);
      }
      return read?.attributes;
    },
  };
}

/** By the clock and not by axios, whose time-out watches a silent socket and not an answer that trickles. */
async function inTime<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = clock.setTimeout(() => late.abort(), ms);
  try {
    return await work(AbortSignal.any([late.signal, signal]));
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    if (late.signal.aborted && isCancel(error)) {
      throw new Retryable(
        'timeout',
        'the CRM did not answer a look-up within THROUGHLINE_ENRICHMENT_LOOKUP_TIMEOUT_MS',
      );
    }
    const failure = transportFailure(error, URL_SETTING);
    if (failure instanceof Retryable && failure.code === 'crm_answer_too_large') {
      throw new Poison('lookup_answer_too_large', `the CRM answered a look-up with over ${MAX_ANSWER_BYTES} bytes`);
    }
    throw failure;
  } finally {
    clock.clearTimeout(timer);
  }
}

/** Text in, text out: statuses and bodies are judged here, not by axios. */
const connection = (): AxiosInstance =>
  axios.create({
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    responseType: 'text',
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
  });

function requestFor({ rule: { path, body }, value }: Identifier) {
  return {
    path: path.replaceAll('{value}', encodeURIComponent(value)),
    data: body === undefined ? undefined : withValue(body, value),
  };
}

/** Into the texts of a body and nowhere else: what the value holds can never become structure. */
function withValue(part: unknown, value: string): unknown {
  if (typeof part === 'string') return part.replaceAll('{value}', () => value);
  if (Array.isArray(part)) return part.map((one) => withValue(one, value));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, withValue(one, value)]));
}
