// How long a remote asks us to stay away: the Retry-After of an answer, in seconds or as an HTTP date (RFC 9110).

const DEFAULT_PAUSE_MS = 5000;
/** A pause is asked for again when it ends, so a mistaken "86400" costs an hour at most. */
const LONGEST_PAUSE_MS = 3_600_000;

export function retryAfterMs(value: unknown, now: number, otherwise: number = DEFAULT_PAUSE_MS): number {
  if (typeof value !== 'string') return otherwise;
  const asked = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 1000), LONGEST_PAUSE_MS) : otherwise;
}
