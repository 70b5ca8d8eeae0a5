// One token for all replicas, in Redis. Invariants: it lies there sealed; who holds the lock is the only one that signs
// in; a holder that dies loses the lock by time, which is longer than any sign-in takes.
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Failure } from '../../runtime/errors.ts';
import type { Seal } from '../../runtime/seal.ts';
import type { Keys } from '../redis/keys.ts';
import { leaseOn } from '../redis/lease.ts';

export interface TokenShare {
  /** `freshMs`: how long until it is to be renewed. */
  read(): Promise<{ readonly token: string; readonly freshMs: number } | undefined>;
  /** False while another replica signs in. */
  lock(): Promise<boolean>;
  write(token: string, freshMs: number): Promise<void>;
  unlock(): Promise<void>;
  /** Told when Redis fails where the caller can go on without it. */
  readonly onError: (error: Error) => void;
}

export interface TokenShareOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly seal: Seal;
  /** Who signs in, and where: other credentials are another share. */
  readonly client: { readonly url: string; readonly id: string; readonly secret: string };
  readonly onError: (error: Error) => void;
  readonly lockMs?: number;
}

/** A sign-in is given up after 15 s; the rest is for a slow Redis on both sides of it. */
const LOCK_MS = 30_000;

export function shareTokens({ redis, keys, seal, client, onError, lockMs = LOCK_MS }: TokenShareOptions): TokenShare {
  const { token: tokenKey, lock: lockKey } = keys.sharedToken(fingerprint(client));
  const lease = leaseOn(redis, lockKey, lockMs);
  return {
    read: async () => {
      const [[, sealed] = [], [, ttl] = []] = (await redis.multi().get(tokenKey).pttl(tokenKey).exec()) ?? [];
      const freshMs = Number(ttl ?? 0);
      if (typeof sealed !== 'string' || freshMs <= 0) return undefined;
      const token = opened(seal, sealed);
      return token === undefined ? undefined : { token, freshMs };
    },
    lock: () => lease.take(),
    write: async (token, freshMs) =>
      void (await redis.set(tokenKey, seal.seal(token), 'PX', Math.max(1, Math.floor(freshMs)))),
    unlock: () => lease.giveBack(),
    onError,
  };
}

/** Not the secret, but what tells one from another: a rotated secret must prove itself, not live on the old one's token. */
const fingerprint = ({ url, id, secret }: TokenShareOptions['client']): string =>
  createHash('sha256')
    .update(JSON.stringify([url, id, secret]))
    .digest('hex')
    .slice(0, 16);

/** A replica with another payload key has no part in the share; it is told so where payloads are unsealed. */
function opened(seal: Seal, sealed: string): string | undefined {
  try {
    return seal.unseal(sealed);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
