// The only file that speaks BullMQ's signals: an outcome or a failure goes in, what the queue must do comes out.
// Facts it rests on: DelayedError and WaitingError cost no attempt; a RateLimitError counts only with its own text; an
// UnrecoverableError must be the thrown error itself, not a cause.
import { DelayedError, UnrecoverableError, WaitingError, Worker, type Job, type Queue } from 'bullmq';
import { Failure, Throttled, type FailureKind } from './errors.ts';
import type { Outcome } from './stage.ts';

export interface SettleNeeds {
  readonly job: Job;
  readonly token: string | undefined;
  readonly queue: Queue;
  readonly now: () => number;
}

/** Label values of a settled message. */
export interface Settled {
  readonly outcome: 'done' | 'skip' | 'defer' | 'retry' | 'throttled' | 'interrupted' | 'poison' | 'fatal';
  readonly code: string;
}

/** Already BullMQ's own word: to be thrown on as it is. */
export const isSignal = (error: unknown): boolean => error instanceof DelayedError || error instanceof WaitingError;

export const codeOf = (error: unknown): string => (error instanceof Failure ? error.code : 'unexpected');

/** For a handler that returned. Throws BullMQ's signal where one is needed. */
export async function settleOutcome(outcome: Outcome, { job, token, now }: SettleNeeds): Promise<string> {
  if (outcome.kind !== 'defer') return outcome.kind;
  await job.moveToDelayed(now() + outcome.delayMs, token);
  throw new DelayedError(outcome.reason);
}

const OUTCOME_OF: Readonly<Record<FailureKind, Settled['outcome']>> = {
  retryable: 'retry',
  conflict: 'retry',
  throttled: 'throttled',
  interrupted: 'interrupted',
  poison: 'poison',
  fatal: 'fatal',
};

export const classify = (error: unknown): Settled => ({
  outcome: error instanceof Failure ? OUTCOME_OF[error.kind] : 'retry',
  code: codeOf(error),
});

/** For a handler that threw: always throws what makes BullMQ do the right thing. */
export async function settleFailure(error: unknown, { job, token, queue }: SettleNeeds): Promise<never> {
  const { outcome, code } = classify(error);
  if (error instanceof Throttled) {
    // on the queue, so that every replica waits; needs a limiter on the worker to be honoured
    await queue.rateLimit(error.retryAfterMs);
    throw Worker.RateLimitError();
  }
  if (outcome === 'interrupted') {
    await job.moveToWait(token);
    throw new WaitingError();
  }
  const message = error instanceof Failure ? error.message : 'the handler failed in a way nobody foresaw';
  if (outcome === 'poison' || outcome === 'fatal') throw new UnrecoverableError(`${code}: ${message}`);
  throw new Error(`${code}: ${message}`, { cause: error });
}
