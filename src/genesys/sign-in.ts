// OAuth client credentials of the platform. Invariant: what is refused names the settings to look at, never the secret; one
// token for all is the token source's business.
import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { Fatal, Retryable } from '../runtime/errors.ts';
import { createTokenSource, type Obtained, type TokenSource } from '../stores/tokens/token-source.ts';
import type { TokenShare } from '../stores/tokens/token-share.ts';
import { platformFailure } from './platform-failure.ts';

export interface SignInOptions {
  /** The token endpoint. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
  /** Where replicas find each other's token; without it this process signs in for itself. */
  readonly share?: TokenShare;
}

const TIMEOUT_MS = 15_000;

const answer = z.object({ access_token: z.string().min(1).max(16_384), expires_in: z.number().positive() });
const oauthError = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

export function createSignIn(options: SignInOptions): TokenSource {
  const obtain = async (): Promise<Obtained> => {
    const { access_token: token, expires_in: seconds } = await requestToken(options);
    return { token, seconds };
  };
  return createTokenSource({ obtain, clock: options.clock, share: options.share });
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
    throw refusedSignIn(error) ?? platformFailure(error, 'POST /oauth/token');
  }
}

/**
 * 400 `invalid_client` and 401 are both what a wrong id or secret gets, in a wrong region too; a client of another grant
 * type gets 400 or 403. A 404 comes from a server that is no platform.
 */
function refusedSignIn(error: unknown): Fatal | undefined {
  const response = isAxiosError(error) ? error.response : undefined;
  if (response?.status === 404) {
    return new Fatal(
      'no_platform_there',
      'sign-in was answered 404: there is no Genesys Cloud at that address. Check THROUGHLINE_GENESYS_GATEWAY_URL ' +
        '(sign-in is under its /login) and THROUGHLINE_GENESYS_REGION',
    );
  }
  if (!response || ![400, 401, 403].includes(response.status)) return undefined;
  const reason = oauthError.safeParse(response.data).data?.error;
  return new Fatal(
    'bad_credentials',
    `the platform refused to sign in (${[response.status, reason].filter(Boolean).join(', ')}). ` +
      'Set THROUGHLINE_GENESYS_CLIENT_ID and THROUGHLINE_GENESYS_CLIENT_SECRET to an enabled OAuth client of grant type ' +
      'Client Credentials, in the region that THROUGHLINE_GENESYS_REGION names',
  );
}
