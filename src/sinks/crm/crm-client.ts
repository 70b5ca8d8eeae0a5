// Sends one batch to the CRM as its mapping says; a verdict a record comes back.
// Invariant: one batch is one request per attempt, the same bytes under the same key; retrying belongs to the job, never
// to this client.
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { Clock } from '../../runtime/clock.ts';
import { Poison } from '../../runtime/errors.ts';
import type { RecordVerdict } from '../../runtime/stage.ts';
import type { TokenShare } from '../../stores/tokens/token-share.ts';
import { authorizerFor, type Authorizer } from './auth.ts';
import { refusal, transportFailure, type Answer, type Asked } from './crm-failure.ts';
import { mapped, type BatchedRecord } from './mapping/mapped.ts';
import { maxRecordsOf, type Credentials, type Mapping } from './mapping/schema.ts';
import { dynamicsProtocol } from './protocol/dynamics.ts';
import { httpProtocol } from './protocol/http.ts';
import { hubspotProtocol } from './protocol/hubspot.ts';
import type { Item, Protocol } from './protocol/protocol.ts';
import { salesforceProtocol } from './protocol/salesforce.ts';

export interface CrmClient {
  /** @throws Failure for the batch as a whole. */
  sendBatch(records: readonly BatchedRecord[], key: string, signal: AbortSignal): Promise<RecordVerdict[]>;
}

export interface CrmClientOptions {
  readonly url: string;
  readonly mapping: Mapping;
  readonly credentials: Credentials;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Where replicas find each other's token, for a CRM that gives tokens. */
  readonly share?: TokenShare | undefined;
}

/** Largest answer that is read: 10,000 records at 400 bytes each. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export function crmClient(options: CrmClientOptions): CrmClient {
  const { url: baseUrl, mapping } = options;
  const exchange = exchangeOver(options, authorizerFor(mapping.auth, { ...options, baseUrl }), protocolOf(mapping));
  const { records: most, because } = maxRecordsOf(mapping);
  return {
    sendBatch: async (records, key, signal) => {
      // cut under an older configuration: splitting makes it fit
      if (records.length > most)
        throw new Poison('batch_over_limit', `${records.length} records are over ${most}: ${because}`);
      const all = records.map((record) => mapped(mapping, record));
      const items = all.flatMap((one) => ('item' in one ? [one.item] : []));
      const verdicts = items.length === 0 ? [] : await exchange(items, key, signal);
      const inOrder = verdicts.values();
      return all.map((one) => ('verdict' in one ? one.verdict : (inOrder.next().value ?? untold)));
    },
  };
}

const untold: RecordVerdict = { kind: 'retry', code: 'no_answer', message: 'the CRM did not answer for this record' };

function protocolOf(mapping: Mapping): Protocol {
  switch (mapping.kind) {
    case 'http':
      return httpProtocol(mapping);
    case 'salesforce':
      return salesforceProtocol(mapping);
    case 'hubspot':
      return hubspotProtocol(mapping);
    default:
      return dynamicsProtocol(mapping);
  }
}

type Exchange = (items: readonly Item[], key: string, signal: AbortSignal) => Promise<RecordVerdict[]>;

function exchangeOver(options: CrmClientOptions, auth: Authorizer, protocol: Protocol): Exchange {
  const { url, mapping, timeoutMs } = options;
  const http = connection(timeoutMs);
  return async (items, key, signal) => {
    const { method, path, headers, body } = protocol.request(items, key);
    const authorization = await auth.header();
    const identified = authorization === undefined ? {} : { Authorization: authorization };
    const answer = await http
      .request<string>({
        method,
        url: path === '' ? url : url.replace(/\/$/, '') + path,
        data: body,
        signal,
        headers: { Accept: 'application/json', ...mapping.headers, ...headers, ...identified },
      })
      .then(answerOf, (error: unknown) => {
        throw transportFailure(error);
      });
    const asked: Asked = { now: options.clock.now(), credentials: auth.settings };
    if (answer.status >= 200 && answer.status < 300) return protocol.verdicts(answer, items, asked);
    if (answer.status === 401) auth.refused(authorization);
    throw protocol.refusal?.(answer, asked) ?? refusal(answer, asked);
  };
}

/** Text in, text out: statuses and bodies are judged here, not by axios. */
const connection = (timeoutMs: number): AxiosInstance =>
  axios.create({
    timeout: timeoutMs,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    responseType: 'text',
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
  });

export function answerOf({ status, data, headers }: AxiosResponse<unknown>): Answer {
  const header = (name: string): string | undefined => {
    const value: unknown = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    status,
    text: typeof data === 'string' ? data : '',
    contentType: header('content-type') ?? '',
    retryAfter: header('retry-after'),
    location: header('location'),
  };
}
