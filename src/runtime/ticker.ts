// Something done again and again: never overlapping itself, jittered so that replicas do not march in step.
import { delay, type Clock } from './clock.ts';

export interface Ticker {
  /** No further run starts; resolves when the running one is over. */
  stop(): Promise<void>;
}

export interface TickerOptions {
  readonly clock: Clock;
  readonly onError: (error: Error) => void;
  readonly random?: () => number;
}

/** Runs `work` about every `ms` (± 20 %), the first time after one interval. */
export function every(ms: number, work: () => Promise<unknown>, options: TickerOptions): Ticker {
  const { clock, onError, random = Math.random } = options;
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    for (;;) {
      await delay(clock, ms * (0.8 + 0.4 * random()), stopping.signal);
      if (stopping.signal.aborted) return;
      await work().catch((error: unknown) => onError(error instanceof Error ? error : new Error('unknown failure')));
    }
  };
  const running = loop();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
