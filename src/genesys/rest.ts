// The platform's REST API: one method that signs, sends, bounds and checks a call.
// Invariant: whatever goes wrong leaves here as one of the failure family; retries belong to the caller's job, save the
// single one that a refused token needs.
import axios, { isAxiosError } from 'axios';
import type { z } from 'zod';
import { Interrupted, Retryable } from '../runtime/errors.ts';
import { platformFailure } from './platform-failure.ts';
import type { TokenSource } from './sign-in.ts';

export interface Call<S extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A template, `/conversations/{id}`: it names the call in errors, where the ids of `params` must not be. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
  readonly answer: S;
  readonly signal?: AbortSignal;
}

export interface Rest {
  call<S extends z.ZodType>(call: Call<S>): Promise<z.output<S>>;
  /** Forget the token: the next call signs in again. */
  signOut(): void;
}

export interface RestOptions {
  /** Root of the API, ending in `/api/v2`. */
  readonly url: string;
  readonly tokens: TokenSource;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
/** A full page of conversations is some megabytes; more than this is not an answer to anything we ask. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** The platform's own `request.bytes.max`. */
const MAX_REQUEST_BYTES = 512_000;

type Send = (token: string) => Promise<unknown>;

export function createRest(options: RestOptions): Rest {
  const client = axios.create({
    baseURL: options.url,
    maxContentLength: MAX_ANSWER_BYTES,
    maxBodyLength: MAX_REQUEST_BYTES,
    // The bearer token must not follow a redirect to wherever.
    maxRedirects: 0,
  });

  return {
    async call(call) {
      const name = `${call.method} ${call.path}`;
      const send: Send = async (token) => {
        const { data } = await client.request<unknown>({
          method: call.method,
          url: filledPath(call.path, call.params),
          params: call.query,
          data: call.body,
          headers: { authorization: `Bearer ${token}` },
          signal: withinTime(options.timeoutMs ?? TIMEOUT_MS, call.signal),
        });
        return data;
      };
      if (call.signal?.aborted) throw new Interrupted();
      try {
        const checked = call.answer.safeParse(await withFreshToken(options.tokens, send));
        if (checked.success) return checked.data;
      } catch (error) {
        throw call.signal?.aborted ? new Interrupted() : platformFailure(error, name);
      }
      // Not Poison: an HTML page from a proxy in the way is the usual cause, and it passes.
      throw new Retryable('unexpected_answer', `${name} was answered with something that is not the platform's`);
    },
    signOut: () => options.tokens.invalidate(),
  };
}

/** A token can be revoked or expire under way: a 401 earns one more try with a new one. */
async function withFreshToken(tokens: TokenSource, send: Send): Promise<unknown> {
  const token = await tokens.token();
  try {
    return await send(token);
  } catch (error) {
    if (!isAxiosError(error) || error.response?.status !== 401) throw error;
    tokens.invalidate(token);
    return send(await tokens.token());
  }
}

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
