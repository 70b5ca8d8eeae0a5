// A CRM that does as the test says, and as many processes as it likes that look customers up in it: one Redis prefix, one
// clock of the test's.
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { Attributes, Identifier } from '../../src/enrichment/lookup/customer.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { eventually } from './eventually.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { lookupRig, type LookupRig, type LookupRigOptions } from './lookup-rig.ts';

export const JANE = { phone: '+13175550142' };

interface Question {
  readonly resolve: (answer: Attributes | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export interface LookupWorld {
  readonly prefix: string;
  readonly clock: FakeClock;
  /** What the CRM was asked for, in order. */
  readonly asked: readonly string[];
  /** What the CRM does; `{tier: 'gold'}` until the test says otherwise. */
  crm: (identifier: Identifier) => Promise<Attributes | undefined>;
  process(over?: Partial<LookupRigOptions>): LookupRig;
  /** From now on the test answers each question itself. */
  held(): { readonly waiting: readonly Question[]; readonly asked: (count: number) => Promise<unknown> };
  close(): Promise<void>;
}

export function lookupWorld(): LookupWorld {
  const prefix = `t-${randomUUID().slice(0, 8)}`;
  // budgets are kept by the hour of the test, expiry by that of Redis: they begin together
  const clock = createFakeClock(Date.now());
  const rigs: LookupRig[] = [];
  const asked: string[] = [];
  const world: LookupWorld = {
    prefix,
    clock,
    asked,
    crm: () => Promise.resolve({ tier: 'gold' }),
    process: (over = {}) => {
      const answer = (identifier: Identifier) => {
        asked.push(identifier.value);
        return world.crm(identifier);
      };
      const rig = lookupRig({ prefix, clock, answer, ...over });
      rigs.push(rig);
      return rig;
    },
    held: () => {
      const waiting: Question[] = [];
      world.crm = () => new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      const until = (count: number) => eventually('questions', () => waiting.length, (now) => now === count); // prettier-ignore
      return { waiting, asked: until };
    },
    close: async () => {
      const redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
      const left = await redis.keys(`${prefix}:*`);
      if (left.length > 0) await redis.del(...left);
      redis.disconnect();
      for (const rig of rigs) rig.close();
    },
  };
  return world;
}
