// One try to deliver one message: the call, and what its answer means. Invariants: it ends within the target's time,
// reads a bounded amount, follows no redirect, goes through no proxy, and says nothing of the address in any message.
import axios, { isAxiosError, type AxiosResponse } from 'axios';
import type { Readable } from 'node:stream';
import { Interrupted } from '../../runtime/errors.ts';
import type { DeliveryOutcome } from '../../stores/webhooks/health.ts';
import { signingSecrets, type Endpoint } from '../../stores/webhooks/endpoint.ts';
import { retryAfterMs } from '../retry-after.ts';
import { checkedAgents, type Resolve } from './checked-agents.ts';
import { signedHeaders, type WebhookMessage } from './message.ts';
import type { TargetGuard } from './target-guard.ts';

export interface CallNeeds {
  readonly guard: TargetGuard;
  readonly now: () => number;
  /** The machine's own unless given. */
  readonly resolve?: Resolve | undefined;
  readonly userAgent: string;
}

export interface Called {
  readonly outcome: DeliveryOutcome;
  readonly status: number | null;
  readonly detail: string | null;
  /** How long it asked to be left alone. */
  readonly pauseMs?: number;
}

/** An answer is thanked for and thrown away: what is read of it only keeps the connection's end polite. */
const MOST_READ_BYTES = 16_384;

export async function callEndpoint(
  endpoint: Endpoint,
  message: WebhookMessage,
  stopping: AbortSignal,
  needs: CallNeeds,
): Promise<Called> {
  const url = new URL(endpoint.url);
  const problem = needs.guard.problemOf(url);
  if (problem !== undefined) return { outcome: 'blocked', status: null, detail: problem };
  const { refusal, ...agents } = checkedAgents(url, needs.guard, needs.resolve);
  const inTime = AbortSignal.timeout(endpoint.timeoutMs);
  try {
    const response = await axios.request<Readable>({
      ...agents,
      method: 'POST',
      url: url.href,
      data: message.body,
      headers: headersOf(endpoint, message, needs),
      signal: AbortSignal.any([inTime, stopping]),
      // the caller's environment must not lead around the guard
      proxy: false,
      maxRedirects: 0,
      responseType: 'stream',
      decompress: false,
      validateStatus: null,
      transformRequest: [],
    });
    await readSome(response.data);
    return judged(response, needs.now());
  } catch (error) {
    if (stopping.aborted) throw new Interrupted();
    if (inTime.aborted)
      return { outcome: 'timeout', status: null, detail: `no answer within ${endpoint.timeoutMs} ms` };
    const refused = refusal();
    if (refused !== undefined) return { outcome: 'blocked', status: null, detail: refused };
    if (!isAxiosError(error)) throw error;
    return { outcome: 'unreachable', status: null, detail: error.code ?? 'no connection' };
  }
}

function headersOf(endpoint: Endpoint, message: WebhookMessage, { now, userAgent }: CallNeeds): Record<string, string> {
  const at = now();
  return {
    ...endpoint.headers,
    'content-type': 'application/json',
    'user-agent': userAgent,
    'x-trace-id': traceIdOf(message),
    ...signedHeaders(message, signingSecrets(endpoint, at), at),
  };
}

/** Of our own making: see webhookMessage. */
const traceIdOf = ({ body }: WebhookMessage): string => (JSON.parse(body) as { readonly traceId: string }).traceId;

/** Its end, its limit or its failure: the status has been said already. */
async function readSome(body: Readable): Promise<void> {
  let read = 0;
  try {
    for await (const chunk of body) {
      read += (chunk as Buffer).byteLength;
      if (read > MOST_READ_BYTES) break;
    }
  } catch {
    // cut off by the sender or by our own clock
  } finally {
    body.destroy();
  }
}

function judged({ status, headers }: AxiosResponse, now: number): Called {
  if (status >= 200 && status < 300) return { outcome: 'delivered', status, detail: null };
  if (status === 410) return { outcome: 'gone', status, detail: null };
  const asked: unknown = headers['retry-after'];
  if (status === 429 || (status === 503 && asked !== undefined)) {
    return { outcome: 'throttled', status, detail: null, pauseMs: retryAfterMs(asked, now) };
  }
  if (status >= 300 && status < 400) return { outcome: 'redirected', status, detail: 'redirects are not followed: register the final address' }; // prettier-ignore
  return { outcome: status >= 500 ? 'failed' : 'refused', status, detail: null };
}
