// How many calls a token may make in a minute, told on every answer. Invariant: a window begins with its first call and
// lasts a minute; calls refused in it count too, as they do on the platform.
import type { FastifyReply } from 'fastify';
import { tooManyRequests } from './error-body.ts';

/** The platform's `client.credentials.token.rate.per.minute`. */
export const PLATFORM_REQUESTS_PER_MINUTE = 300;
const WINDOW_MS = 60_000;

interface Window {
  readonly endsAt: number;
  count: number;
}

export interface CallCounts {
  readonly calls: number;
  /** With a 429, for being past the limit. */
  readonly callsRefused: number;
}

export class RateLimit {
  readonly #clock: () => number;
  /** By token, in order of beginning. */
  readonly #windows = new Map<string, Window>();
  #allowed: number;
  readonly #counts = { calls: 0, callsRefused: 0 };

  constructor(allowed: number, clock: () => number) {
    this.#allowed = allowed;
    this.#clock = clock;
  }

  allow(requestsPerMinute: number): void {
    this.#allowed = requestsPerMinute;
  }

  /** Of all tokens, ever. */
  counts(): CallCounts {
    return { ...this.#counts };
  }

  /** Counts a call and says so on its answer; throws the platform's 429 past the limit. */
  count(token: string, reply: FastifyReply): void {
    const now = this.#clock();
    const window = this.#windowOf(token, now);
    window.count += 1;
    const reset = Math.max(1, Math.ceil((window.endsAt - now) / 1000));
    const allowed = this.#allowed;
    reply.headers({
      'inin-ratelimit-count': window.count,
      'inin-ratelimit-allowed': allowed,
      'inin-ratelimit-reset': reset,
    });
    this.#counts.calls += 1;
    if (window.count <= allowed) return;
    this.#counts.callsRefused += 1;
    const key = 'client.credentials.token.rate.per.minute';
    throw tooManyRequests(reset, { key, namespace: 'platform.api', value: allowed });
  }

  #windowOf(token: string, now: number): Window {
    const current = this.#windows.get(token);
    if (current !== undefined && current.endsAt > now) return current;
    for (const [other, { endsAt }] of this.#windows) if (endsAt <= now) this.#windows.delete(other);
    const window = { endsAt: now + WINDOW_MS, count: 0 };
    this.#windows.set(token, window);
    return window;
  }
}
