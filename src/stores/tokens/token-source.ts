// A token of a remote for whoever calls it. Invariant: at most one sign-in is under way, in this process and, with a share,
// among all replicas; a token that the remote refused is replaced once, not once per caller that met the refusal.
import { delay, type Clock } from '../../runtime/clock.ts';
import { Failure, Retryable } from '../../runtime/errors.ts';
import type { TokenShare } from './token-share.ts';

export interface Renewed {
  readonly token: string;
  /** This process has signed in for it just now: if it is refused as well, no other will do better. */
  readonly isNew: boolean;
}

export interface TokenSource {
  token(): Promise<string>;
  /** The remote does not take this one: the next to ask gets another. */
  refuse(token: string): void;
  /** Another token than `refused`: the one that has replaced it already, or a new one. */
  renew(refused: string): Promise<Renewed>;
}

export interface Obtained {
  readonly token: string;
  readonly seconds: number;
}

export interface TokenSourceOptions {
  /** Signs in: one request, or a failure of the family. */
  readonly obtain: () => Promise<Obtained>;
  readonly clock: Clock;
  /** Where replicas find each other's token; without it this process signs in for itself. */
  readonly share?: TokenShare | undefined;
}

interface Token {
  readonly value: string;
  readonly renewAt: number;
}

/** A call begun with the token must not meet its end. */
const RENEW_BEFORE_MS = 60_000;
/** How often a waiter looks whether the replica that signs in has finished; it does in a fraction of a second. */
const LOOK_AGAIN_MS = 100;
/** Longer than the lock of a replica that died while it signed in. */
const LONGEST_WAIT_MS = 45_000;

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  return new Tokens(options);
}

class Tokens implements TokenSource {
  readonly #options: TokenSourceOptions;
  #held: Token | undefined;
  #refused = '';
  #underWay: Promise<Renewed> | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  async token(): Promise<string> {
    return (await this.#current()).token;
  }

  refuse(token: string): void {
    this.#refused = token;
    if (this.#held?.value === token) this.#held = undefined;
  }

  renew(refused: string): Promise<Renewed> {
    this.refuse(refused);
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
      // Redis is away. Signing in alone costs one request more; not signing in would cost the work.
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
    throw new Retryable('sign_in_busy', 'other replicas sign in one after another, and none gets through');
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
    const { token: value, seconds } = await this.#options.obtain();
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
