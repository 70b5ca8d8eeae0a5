// Who we are to the CRM: one Authorization header for each call. Invariant: a token is asked for once however many
// batches wait for it, kept until shortly before its end, and forgotten when the CRM refuses it.
import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import { Failure, Retryable, Throttled } from '../../runtime/errors.ts';
import type { TokenShare } from '../../stores/tokens/token-share.ts';
import { createTokenSource } from '../../stores/tokens/token-source.ts';
import { transportFailure } from './crm-failure.ts';
import type { Auth, Credentials } from './mapping/schema.ts';

export interface Authorizer {
  /** Settings to look at when the CRM says no. */
  readonly settings: string;
  header(): Promise<string | undefined>;
  /** The CRM answered 401 to this header. */
  refused(header: string | undefined): void;
}

export interface AuthorizerNeeds {
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Where replicas find each other's token. */
  readonly share?: TokenShare | undefined;
}

const PAIR = 'THROUGHLINE_CRM_CLIENT_ID and THROUGHLINE_CRM_CLIENT_SECRET';

export function authorizerFor(auth: Auth | undefined, needs: AuthorizerNeeds): Authorizer {
  const { token, clientId = '', clientSecret = '' } = needs.credentials;
  switch (auth?.type) {
    case 'basic':
      return constant(`Basic ${base64(`${clientId}:${clientSecret}`)}`, PAIR);
    case 'oauth2':
      return signedIn(auth, needs);
    case 'none':
      return constant(undefined, 'the mapping’s "auth", which is none');
    default:
      return constant(token === undefined ? undefined : `Bearer ${token}`, 'THROUGHLINE_CRM_TOKEN');
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const constant = (header: string | undefined, settings: string): Authorizer => ({
  settings,
  header: () => Promise.resolve(header),
  refused: () => undefined,
});

type OAuth = Extract<Auth, { type: 'oauth2' }>;

/** Salesforce says nothing of a token's life, which is two hours unless its admins chose less. */
const UNTOLD_LIFE_SECONDS = 900;

const tokenSchema = z.object({
  access_token: z.string().min(1).max(16_384),
  expires_in: z.coerce.number().positive().default(UNTOLD_LIFE_SECONDS),
});

/** Half of what a replica may hold the lock of the sign-in for. */
const LONGEST_SIGN_IN_MS = 15_000;

const BEARER = 'Bearer ';

function signedIn(auth: OAuth, needs: AuthorizerNeeds): Authorizer {
  const tokens = createTokenSource({
    obtain: async () => {
      const { access_token: token, expires_in: seconds } = await requestToken(auth, needs);
      return { token, seconds };
    },
    clock: needs.clock,
    share: needs.share,
  });
  return {
    settings: PAIR,
    header: async () => BEARER + (await tokens.token()),
    refused: (header) => {
      if (header?.startsWith(BEARER) === true) tokens.refuse(header.slice(BEARER.length));
    },
  };
}

async function requestToken(auth: OAuth, needs: AuthorizerNeeds): Promise<z.output<typeof tokenSchema>> {
  const { clientId = '', clientSecret = '' } = needs.credentials;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (auth.scope !== undefined) form.set('scope', auth.scope);
  if (auth.credentialsIn === 'body') {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
  }
  try {
    const { data } = await axios.post<unknown>(tokenUrlOf(auth, needs.baseUrl), form.toString(), {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
      ...(auth.credentialsIn === 'header' ? { auth: { username: clientId, password: clientSecret } } : {}),
      timeout: Math.min(needs.timeoutMs, LONGEST_SIGN_IN_MS),
      maxRedirects: 0,
      maxContentLength: 65_536,
    });
    const parsed = tokenSchema.safeParse(data);
    if (parsed.success) return parsed.data;
    throw new Retryable('crm_sign_in_unreadable', `${SIGN_IN} was answered without a token; ${CHECK_URL}`);
  } catch (error) {
    throw signInFailure(error);
  }
}

export const tokenUrlOf = ({ tokenUrl }: OAuth, baseUrl: string): string =>
  tokenUrl.startsWith('/') ? baseUrl.replace(/\/$/, '') + tokenUrl : tokenUrl;

const SIGN_IN = 'signing in to the CRM';
const CHECK_URL = 'check "auth.tokenUrl" in the file THROUGHLINE_CRM_MAPPING names';

function signInFailure(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const status = isAxiosError(error) ? error.response?.status : undefined;
  if (status === undefined) return transportFailure(error, `the mapping’s "auth.tokenUrl"`);
  if (status === 429 || status === 503)
    return new Throttled('crm_throttled', `${SIGN_IN} was answered ${status}`, 5000);
  if ([400, 401, 403].includes(status))
    return new Retryable('crm_unauthorized', `${SIGN_IN} was refused (${status}); check ${PAIR}`);
  if (status >= 500) return new Retryable('crm_unavailable', `${SIGN_IN} was answered ${status}`);
  return new Retryable('crm_wrong_address', `${SIGN_IN} was answered ${status}; ${CHECK_URL}`);
}
