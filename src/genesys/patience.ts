// The platform's REST API for one who can wait: never for a worker, whose job waits in its queue instead.
// Invariant: a call is repeated until it works, after the time that the platform or the budget asks for, else with
// backoff; what a repetition cannot mend is thrown.
import type { Logger } from '../observability/logger.ts';
import { delay, type Clock } from '../runtime/clock.ts';
import { Failure, Interrupted } from '../runtime/errors.ts';
import { delayAfter } from './reconnect.ts';
import type { Rest } from './rest.ts';

export interface Patience {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

export function patientRest(rest: Rest, patience: Patience): Rest {
  return { call: (call) => patiently(patience, () => rest.call(call)) };
}

async function patiently<T>({ log, clock, random, signal }: Patience, ask: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      if (error instanceof Failure && (error.kind === 'fatal' || error.kind === 'poison')) throw error;
      const waitMs = delayAfter(error, failures, random);
      log.warn({ err: error, waitMs, failures: failures + 1 }, 'the platform does not answer yet; trying again');
      await delay(clock, waitMs, signal);
    }
  }
}
