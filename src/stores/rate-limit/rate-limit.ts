// One budget of calls to a remote, shared by all processes through Redis. Invariants: in no minute are more calls let
// through than the limit; nobody sleeps here, the caller is told how long to wait; a pause the remote asked for holds for
// every process, however long it is.
import type { Redis } from 'ioredis';
import type { Clock } from '../../runtime/clock.ts';
import { luaScript } from '../redis/script.ts';

/** `live`: a conversation waits for it. `bulk`: everything else; it leaves half of the burst to the former. */
export type Priority = 'live' | 'bulk';

export interface Taken {
  /** 0: go. */
  readonly waitMs: number;
  readonly tokens: number;
}

/** What an answer's headers say about the remote's own window. */
export interface Window {
  readonly left: number;
  readonly resetMs: number;
}

export interface RateLimit {
  /** `family`: the part of the remote's API that has limits of its own. */
  take(family: string, priority: Priority): Promise<Taken>;
  learn(family: string, window: Window): Promise<void>;
  /** The remote asked for a pause. One longer than its window is no matter of the budget, but of this family alone. */
  hold(family: string, ms: number): Promise<void>;
}

export interface RateLimitOptions {
  readonly redis: Redis;
  readonly key: string;
  readonly perMinute: number;
  /** Instead of Redis' own clock, which all processes share. */
  readonly clock?: Clock;
}

const WINDOW_MS = 60_000;
const EVERYBODY = 'all';

const takeScript = luaScript(new URL('./take.lua', import.meta.url));
const learnScript = luaScript(new URL('./learn.lua', import.meta.url));

export function rateLimitIn({ redis, key, perMinute, clock }: RateLimitOptions): RateLimit {
  const now = (): number | '' => clock?.now() ?? '';
  return {
    take: async (family, priority) => {
      const reply = await takeScript.run(redis, [key], [now(), perMinute, family, priority]);
      const [waitMs = 0, tokens = 0] = reply as readonly number[];
      return { waitMs, tokens };
    },
    learn: async (family, { left, resetMs }) => {
      await learnScript.run(redis, [key], [now(), family, '', 0, left, resetMs]);
    },
    hold: async (family, ms) => {
      const whom = ms > WINDOW_MS ? family : EVERYBODY;
      await learnScript.run(redis, [key], [now(), family, whom, Math.ceil(ms), '', 0]);
    },
  };
}
