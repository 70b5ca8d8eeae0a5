// The platform's REST API: one method that signs, sends, bounds and checks a call.
// Invariant: whatever goes wrong leaves here as one of the failure family; retries belong to the caller's job, save the
// single one that a refused token needs.
import axios, { isAxiosError, type AxiosResponse } from 'axios';
import type { z } from 'zod';
import { Interrupted, Retryable } from '../runtime/errors.ts';
import { unlessStopped } from '../runtime/unless-stopped.ts';
import type { Priority } from '../stores/rate-limit/rate-limit.ts';
import { openGate, type CallClass, type Gate } from './gate.ts';
import { platformFailure } from './platform-failure.ts';
import type { TokenSource } from '../stores/tokens/token-source.ts';

export interface Call<S extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A template, `/conversations/{id}`: it names the call in errors, where the ids of `params` must not be. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  readonly answer: S;
  /** `live` unless said otherwise; `bulk` for what no conversation waits for (histories, listings, repair of long gaps). */
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
}

export interface Rest {
  /** Throttled when it may not go now: nothing was sent, and the failure says how long to wait. */
  call<S extends z.ZodType>(call: Call<S>): Promise<z.output<S>>;
}

export interface RestOptions {
  /** Root of the API, ending in `/api/v2`. */
  readonly url: string;
  readonly tokens: TokenSource;
  /** Breaker and budget; none for a client that stands alone. */
  readonly gate?: Gate;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
/** A full page of conversations is some megabytes; more than this is not an answer to anything we ask. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** The platform's own `request.bytes.max`. */
const MAX_REQUEST_BYTES = 512_000;

type Send = (token: string) => Promise<unknown>;

export function createRest(options: RestOptions): Rest {
  const { tokens, gate = openGate, timeoutMs = TIMEOUT_MS } = options;
  const client = axios.create({
    baseURL: options.url,
    maxContentLength: MAX_ANSWER_BYTES,
    maxBodyLength: MAX_REQUEST_BYTES,
    // The bearer token must not follow a redirect to wherever.
    maxRedirects: 0,
  });
  const sender =
    (call: Call<z.ZodType>, told: (response: AxiosResponse) => void): Send =>
    async (token) => {
      const request = client.request<unknown>({
        method: call.method,
        url: filledPath(call.path, call.params),
        params: call.query,
        data: call.body,
        headers: { authorization: `Bearer ${token}` },
        signal: withinTime(timeoutMs, call.signal),
      });
      return (await heard(request, told)).data;
    };

  return {
    call: (call) => {
      const traits: CallClass = { family: familyOf(call.path), priority: call.priority ?? 'live' };
      const send = sender(call, (response) => gate.answered(traits, response));
      const work = gate.pass(traits, () => checked(call, () => withFreshToken(tokens, send)));
      // a caller that stops waits neither for its turn nor for a sign-in of another replica
      return call.signal ? unlessStopped(work, call.signal) : work;
    },
  };
}

/** Sends, and turns whatever comes of it into an answer of the call's schema or a failure of the family. */
async function checked<S extends z.ZodType>(call: Call<S>, send: () => Promise<unknown>): Promise<z.output<S>> {
  const name = `${call.method} ${call.path}`;
  if (call.signal?.aborted) throw new Interrupted();
  try {
    const answer = call.answer.safeParse(await send());
    if (answer.success) return answer.data;
  } catch (error) {
    throw call.signal?.aborted ? new Interrupted() : platformFailure(error, name);
  }
  // Not Poison: an HTML page from a proxy in the way is the usual cause, and it passes.
  throw new Retryable(
    'unexpected_answer',
    `${name} was answered with something that is not the platform's: check for a proxy in the way, and ` +
      'THROUGHLINE_GENESYS_GATEWAY_URL',
  );
}

/** Tells of the answer, a refusal too. */
async function heard<T>(
  request: Promise<AxiosResponse<T>>,
  told: (response: AxiosResponse) => void,
): Promise<AxiosResponse<T>> {
  try {
    const response = await request;
    told(response);
    return response;
  } catch (error) {
    if (isAxiosError(error) && error.response) told(error.response);
    throw error;
  }
}

/** A token can be revoked or expire under way: a 401 earns another try, up to one with a token made for it. */
async function withFreshToken(tokens: TokenSource, send: Send): Promise<unknown> {
  let held = { token: await tokens.token(), isNew: false };
  for (;;) {
    try {
      return await send(held.token);
    } catch (error) {
      if (held.isNew || !isAxiosError(error) || error.response?.status !== 401) throw error;
      held = await tokens.renew(held.token);
    }
  }
}

const familyOf = (path: string): string => path.split('/')[1] ?? '';

function filledPath(template: string, params: Readonly<Record<string, string>> = {}): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`no value for {${name}} of ${template}`);
    return encodeURIComponent(value);
  });
}

/** axios' own timeout watches a silent socket, not an answer that trickles. */
function withinTime(ms: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  return signal ? AbortSignal.any([timeout, signal]) : timeout;
}
