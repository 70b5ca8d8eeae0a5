// OAuth client credentials. Invariant: at most one sign-in is under way however many callers wait, and a token refused
// by the platform is replaced once, not once per caller that met the refusal.
import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { Fatal, Retryable } from '../runtime/errors.ts';
import { platformFailure } from './platform-failure.ts';

export interface TokenSource {
  token(): Promise<string>;
  /** Forget `refused`, or whatever is held when nothing is named; a token that has replaced it already stays. */
  invalidate(refused?: string): void;
}

export interface SignInOptions {
  /** The token endpoint. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

/** A call begun with the token must not meet its end. */
const RENEW_BEFORE_MS = 60_000;
const TIMEOUT_MS = 15_000;

const answer = z.object({ access_token: z.string().min(1).max(16_384), expires_in: z.number().positive() });
const oauthError = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

export function createSignIn(options: SignInOptions): TokenSource {
  let held: { readonly value: string; readonly renewAt: number } | undefined;
  let underWay: Promise<string> | undefined;

  const renew = async (): Promise<string> => {
    const askedAt = options.clock.now();
    const { access_token: value, expires_in: seconds } = await requestToken(options);
    // A life shorter than two minutes still gets some use: half of it.
    const life = seconds * 1000;
    held = { value, renewAt: askedAt + Math.max(life - RENEW_BEFORE_MS, life / 2) };
    return value;
  };

  return {
    token() {
      if (held && options.clock.now() < held.renewAt) return Promise.resolve(held.value);
      underWay ??= renew().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    invalidate(refused) {
      if (refused === undefined || held?.value === refused) held = undefined;
    },
  };
}

async function requestToken(options: SignInOptions): Promise<z.output<typeof answer>> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  try {
    const { data } = await axios.post<unknown>(options.url, 'grant_type=client_credentials', {
      auth: { username: options.clientId, password: options.clientSecret },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      signal: AbortSignal.timeout(timeoutMs),
      maxContentLength: 65_536,
      maxRedirects: 0,
    });
    const token = answer.safeParse(data);
    if (!token.success)
      throw new Retryable('unexpected_answer', 'sign-in was answered with something that holds no token');
    return token.data;
  } catch (error) {
    throw refusedCredentials(error) ?? platformFailure(error, 'POST /oauth/token');
  }
}

/** 400 `invalid_client` and 401 are both what a wrong id or secret gets; a client of another grant type gets 400 or 403. */
function refusedCredentials(error: unknown): Fatal | undefined {
  const response = isAxiosError(error) ? error.response : undefined;
  if (!response || ![400, 401, 403].includes(response.status)) return undefined;
  const reason = oauthError.safeParse(response.data).data?.error;
  return new Fatal(
    'bad_credentials',
    `the platform refused to sign in (${[response.status, reason].filter(Boolean).join(', ')}). ` +
      'Set THROUGHLINE_GENESYS_CLIENT_ID and THROUGHLINE_GENESYS_CLIENT_SECRET to an enabled OAuth client of grant type ' +
      'Client Credentials, in the region that THROUGHLINE_GENESYS_REGION names',
  );
}
