// Runs the sampling each second and hands each overview to all listeners. Invariant: readings never overlap, and cost
// the same however many listen; a failed one is logged when the trouble begins, not once a second.
import type { Logger } from '../../observability/logger.ts';
import { delay, type Clock, type TimerHandle } from '../../runtime/clock.ts';
import type { Overview } from './overview-schema.ts';
import type { Sample } from './sampler.ts';

const EVERY_MS = 1000;
/** A Redis that takes a second to answer is not asked without a pause. */
const LEAST_REST_MS = 100;
const PATIENCE_MS = 2000;

export type Listener = (overview: Overview) => void;

export interface SamplingLoop {
  /** The newest overview, after the first reading; undefined while none has succeeded. */
  latest(): Promise<Overview | undefined>;
  /** Returns the way to stop listening. */
  listen(listener: Listener): () => void;
  stop(): Promise<void>;
}

export function startSampling(sample: Sample, clock: Clock, log: Logger): SamplingLoop {
  const listeners = new Set<Listener>();
  let newest: Overview | undefined;
  let failing = false;
  let stopped = false;
  let timer: TimerHandle | undefined;

  const readOnce = async (): Promise<void> => {
    try {
      newest = await sample();
      if (failing) log.info('the deployment can be read again');
      failing = false;
      for (const listener of listeners) listener(newest);
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the deployment cannot be read; the console shows its last figures');
      failing = true;
    }
  };
  let running: Promise<void> = Promise.resolve();
  const turn = (): void => {
    const startedAt = clock.now();
    running = readOnce().then(() => {
      if (!stopped) timer = clock.setTimeout(turn, Math.max(LEAST_REST_MS, EVERY_MS - (clock.now() - startedAt)));
    });
  };
  turn();
  // a reading waits for Redis as long as a queue's connection does
  const orSoon = (reading: Promise<void>): Promise<void> => Promise.race([reading, delay(clock, PATIENCE_MS)]);

  return {
    latest: async () => newest ?? orSoon(running).then(() => newest),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: async () => {
      stopped = true;
      clock.clearTimeout(timer);
      await orSoon(running);
    },
  };
}
