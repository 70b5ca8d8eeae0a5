// OAuth client credentials. Invariant: at most one sign-in is under way, in this process and, with a share, among all
// replicas; a token that the platform refused is replaced once, not once per caller that met the refusal.
import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import { delay, type Clock } from '../runtime/clock.ts';
import { Failure, Fatal, Retryable } from '../runtime/errors.ts';
import { platformFailure } from './platform-failure.ts';
import type { TokenShare } from './token-share.ts';

export interface Renewed {
  readonly token: string;
  /** This process has signed in for it just now: if it is refused as well, no other will do better. */
  readonly isNew: boolean;
}

export interface TokenSource {
  token(): Promise<string>;
  /** Another token than `refused`: the one that has replaced it already, or a new one. */
  renew(refused: string): Promise<Renewed>;
}

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

interface Token {
  readonly value: string;
  readonly renewAt: number;
}

/** A call begun with the token must not meet its end. */
const RENEW_BEFORE_MS = 60_000;
const TIMEOUT_MS = 15_000;
/** How often a waiter looks whether the replica that signs in has finished; it does in a fraction of a second. */
const LOOK_AGAIN_MS = 100;
/** Longer than the lock of a replica that died while it signed in. */
const LONGEST_WAIT_MS = 45_000;

const answer = z.object({ access_token: z.string().min(1).max(16_384), expires_in: z.number().positive() });
const oauthError = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

export function createSignIn(options: SignInOptions): TokenSource {
  return new SignIn(options);
}

class SignIn implements TokenSource {
  readonly #options: SignInOptions;
  #held: Token | undefined;
  #refused = '';
  #underWay: Promise<Renewed> | undefined;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  async token(): Promise<string> {
    return (await this.#current()).token;
  }

  renew(refused: string): Promise<Renewed> {
    this.#refused = refused;
    if (this.#held?.value === refused) this.#held = undefined;
    return this.#current();
  }

  #current(): Promise<Renewed> {
    const { clock } = this.#options;
    if (this.#held && clock.now() < this.#held.renewAt)
      return Promise.resolve({ token: this.#held.value, isNew: false });
    this.#underWay ??= this.#obtain().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #obtain(): Promise<Renewed> {
    const { share } = this.#options;
    if (!share) return this.#signIn();
    try {
      return await this.#together(share);
    } catch (error) {
      if (error instanceof Failure) throw error;
      // Redis is away. Signing in alone costs one request more; not signing in would cost the stream.
      share.onError(error instanceof Error ? error : new Error('Redis failed'));
      return this.#signIn();
    }
  }

  async #together(share: TokenShare): Promise<Renewed> {
    const { clock } = this.#options;
    for (const end = clock.now() + LONGEST_WAIT_MS; clock.now() < end;) {
      const found = await this.#shared(share);
      if (found) return found;
      if (await share.lock()) return this.#signInForAll(share);
      await delay(clock, LOOK_AGAIN_MS);
    }
    throw new Retryable(
      'sign_in_busy',
      'other replicas sign in to the platform one after another, and none gets through',
    );
  }

  /** Under the lock. */
  async #signInForAll(share: TokenShare): Promise<Renewed> {
    try {
      // It may have been stored between our look and our lock.
      return (
        (await this.#shared(share)) ?? (await this.#signIn((token) => share.write(token.value, this.#freshMs(token))))
      );
    } finally {
      await share.unlock().catch(share.onError);
    }
  }

  async #shared(share: TokenShare): Promise<Renewed | undefined> {
    const found = await share.read();
    if (!found || found.token === this.#refused) return undefined;
    this.#held = { value: found.token, renewAt: this.#options.clock.now() + found.freshMs };
    return { token: found.token, isNew: false };
  }

  async #signIn(store?: (token: Token) => Promise<void>): Promise<Renewed> {
    const askedAt = this.#options.clock.now();
    const { access_token: value, expires_in: seconds } = await requestToken(this.#options);
    // A life shorter than two minutes still gets some use: half of it.
    const life = seconds * 1000;
    const token = { value, renewAt: askedAt + Math.max(life - RENEW_BEFORE_MS, life / 2) };
    this.#held = token;
    await store?.(token).catch(this.#options.share?.onError);
    return { token: value, isNew: true };
  }

  #freshMs({ renewAt }: Token): number {
    return renewAt - this.#options.clock.now();
  }
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
