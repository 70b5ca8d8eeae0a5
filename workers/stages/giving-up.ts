// How the stages of an enrichment fail alike. Invariant: a remote that wants to be left alone holds back only the job that
// needs it; what is given up is known as such once, in words that hold no payload.
import { Failure, Poison, type Throttled } from '../../src/runtime/errors.ts';
import { defer, type Outcome } from '../../src/runtime/stage.ts';

/** A deferred job looks again this soon: by then the conversation may be over, or another job may have asked. */
const LONGEST_DEFERRAL_MS = 30_000;

/** By name, not by pausing the queue: jobs whose answer is at hand must not wait for this one's. */
export const stepAside = ({ code, retryAfterMs }: Throttled): Outcome =>
  defer(code, Math.min(retryAfterMs, LONGEST_DEFERRAL_MS));

/** For the audit. */
export interface Why {
  readonly code: string;
  readonly message: string;
}

export interface Hopeless {
  readonly why: Why;
  readonly thrown: unknown;
}

const UNFORESEEN = { kind: 'retryable', code: 'unexpected', message: 'failed in a way nobody foresaw' } as const;

/** Undefined while it will be tried again. */
export function hopeless(thrown: unknown, attemptsMade: number, attempts: number): Hopeless | undefined {
  const { kind, code, message } = thrown instanceof Failure ? thrown : UNFORESEEN;
  const isHopeless = kind === 'poison' || kind === 'fatal' || attemptsMade + 1 >= attempts;
  if (kind === 'interrupted' || !isHopeless) return undefined;
  // credentials that no longer work stop the ingester; a worker has other work
  return { why: { code, message }, thrown: kind === 'fatal' ? new Poison(code, message) : thrown };
}
