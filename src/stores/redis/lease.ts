// A lease: of all replicas one at a time may. Invariant: a holder that dies loses it by time; one that has lapsed is never
// given back on behalf of its next holder.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { luaScript } from './script.ts';

export interface Lease {
  /** False while another holds it. */
  take(): Promise<boolean>;
  giveBack(): Promise<void>;
}

const giveBackScript = luaScript(new URL('./scripts/give-back.lua', import.meta.url));

export function leaseOn(redis: Redis, key: string, ms: number): Lease {
  const owner = randomUUID();
  return {
    take: async () => (await redis.set(key, owner, 'PX', ms, 'NX')) === 'OK',
    giveBack: async () => void (await giveBackScript.run(redis, [key], [owner])),
  };
}
