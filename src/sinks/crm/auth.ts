// Who we are to the CRM: one Authorization header for each call. Invariant: a token is asked for once however many
// batches wait for it, kept until shortly before its end, and forgotten when the CRM refuses it.
import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import { Failure, Retryable, Throttled } from '../../runtime/errors.ts';
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
  readonly now: () => number;
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

const RENEW_BEFORE_MS = 60_000;
/** Salesforce says nothing of a token's life, which is two hours unless its admins chose less. */
const UNTOLD_LIFE_SECONDS = 900;

const tokenSchema = z.object({
  access_token: z.string().min(1).max(16_384),
  expires_in: z.coerce.number().positive().default(UNTOLD_LIFE_SECONDS),
});

function signedIn(auth: OAuth, needs: AuthorizerNeeds): Authorizer {
  let held: { readonly header: string; readonly renewAt: number } | undefined;
  let underWay: Promise<string> | undefined;
  const renew = async (): Promise<string> => {
    const askedAt = needs.now();
    const { access_token: token, expires_in: seconds } = await requestToken(auth, needs);
    const life = seconds * 1000;
    held = { header: `Bearer ${token}`, renewAt: askedAt + Math.max(life - RENEW_BEFORE_MS, life / 2) };
    return held.header;
  };
  return {
    settings: PAIR,
    header: () => {
      if (held !== undefined && needs.now() < held.renewAt) return Promise.resolve(held.header);
      underWay ??= renew().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    refused: (header) => {
      if (held?.header === header) held = undefined;
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
      timeout: needs.timeoutMs,
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

const tokenUrlOf = ({ tokenUrl }: OAuth, baseUrl: string): string =>
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
