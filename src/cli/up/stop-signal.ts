// Ctrl-C and SIGTERM. Invariant: the first asks for a clean stop, a second one that a person can have meant ends all.
import type { EventEmitter } from 'node:events';
import type { Clock } from '../../runtime/clock.ts';

export interface StopSignal {
  /** Aborts at the first signal, or when `stop` is called. */
  readonly requested: AbortSignal;
  stop(): void;
  /** Stops listening. */
  release(): void;
}

/** npm hands a Ctrl-C on that the terminal has already delivered: the copy comes within milliseconds. */
const SAME_KEYSTROKE_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function listenForStop(
  clock: Pick<Clock, 'now'>,
  onSecond: (signal: NodeJS.Signals) => void,
  source: Pick<EventEmitter, 'on' | 'off'> = process,
): StopSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    if (firstAt === undefined) {
      firstAt = clock.now();
      controller.abort();
    } else if (clock.now() - firstAt >= SAME_KEYSTROKE_MS) {
      onSecond(signal);
    }
  };
  for (const signal of SIGNALS) source.on(signal, listener);
  return {
    requested: controller.signal,
    stop: () => {
      firstAt ??= clock.now();
      controller.abort();
    },
    release: () => {
      for (const signal of SIGNALS) source.off(signal, listener);
    },
  };
}
