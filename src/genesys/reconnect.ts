// When to try again: pure rules for the stream. Invariant: there is always a next attempt, and never a stampede.
import { Failure, Throttled } from '../runtime/errors.ts';

const FIRST_DELAYS_MS = [1000, 2000, 4000];
const LONGEST_DELAY_MS = 60_000;

/** The delay after `failures` attempts in a row: 1, 2, 4 s, then anywhere up to 8, 16, 32 and from there on 60 s. */
export function reconnectDelayMs(failures: number, random: () => number): number {
  const fixed = FIRST_DELAYS_MS[failures];
  if (fixed !== undefined) return fixed;
  return Math.round(random() * Math.min(1000 * 2 ** failures, LONGEST_DELAY_MS));
}

/** The delay after this failure: what the platform asked for, when it did. */
export function delayAfter(error: unknown, failures: number, random: () => number): number {
  const own = reconnectDelayMs(failures, random);
  return error instanceof Throttled ? Math.max(error.retryAfterMs, own) : own;
}

/** Bad credentials and the like: no attempt can help. */
export function isHopeless(error: unknown): boolean {
  return error instanceof Failure && error.kind === 'fatal';
}

/** The channel is not there any more, by REST (404) or by the socket's refusal. */
export function isGone(error: unknown): boolean {
  return error instanceof Failure && (error.code === 'not_found' || error.code === 'channel_gone');
}

export interface RateCap {
  /** 0, or how long until one more fits. */
  waitMs(now: number): number;
  take(now: number): void;
}

/** At most `most` in any `windowMs`. */
export function createRateCap(most: number, windowMs: number): RateCap {
  let taken: number[] = [];
  return {
    waitMs(now) {
      taken = taken.filter((at) => at > now - windowMs);
      const [oldest] = taken;
      return oldest === undefined || taken.length < most ? 0 : oldest + windowMs - now;
    },
    take: (now) => void taken.push(now),
  };
}
