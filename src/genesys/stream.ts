// The live stream of the platform, from topics to frames. Invariant: it tries for ever, except where no attempt can
// help: then `onFatal` is called once, with a failure whose message says what to change, and nothing is tried again.
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { delay, systemClock, type Clock } from '../runtime/clock.ts';
import { Failure, Interrupted } from '../runtime/errors.ts';
import { Connection } from './connection.ts';
import { delayAfter } from './reconnect.ts';
import type { Rest } from './rest.ts';
import { StreamRecord, type Gap, type StreamState } from './stream-record.ts';
import { findTopics, planChannels, type TopicChoice } from './topics.ts';

export interface StreamOptions {
  readonly rest: Rest;
  readonly topics: TopicChoice;
  /** Every text frame as it came: heartbeats and notices too, and duplicates while two sockets overlap. */
  readonly onFrame: (raw: string, receivedAt: number) => void;
  /** Credentials or permissions that must be put right; the stream has stopped trying. */
  readonly onFatal: (failure: unknown) => void;
  readonly onState?: (state: StreamState) => void;
  /** An interval without a live socket is over: what happened in it was not heard. */
  readonly onGap?: (gap: Gap) => void;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export interface Stream {
  /** Stops reading; what was already read still comes. */
  pause(): void;
  resume(): void;
  state(): StreamState;
  stop(): Promise<void>;
}

const NAMED_TOPICS = 20;

export function startStream(options: StreamOptions): Stream {
  const stream = new LiveStream(options);
  stream.start();
  return stream;
}

class LiveStream implements Stream {
  readonly #options: StreamOptions & { readonly clock: Clock; readonly random: () => number };
  readonly #record: StreamRecord;
  readonly #stopping = new AbortController();
  #connection: Connection | undefined;

  constructor(options: StreamOptions) {
    const { clock = systemClock, random = Math.random, metrics } = options;
    const ignore = (): void => undefined;
    this.#options = { ...options, clock, random };
    const { onState = ignore, onGap = ignore } = options;
    this.#record = new StreamRecord({ metrics, clock, onState, onGap });
  }

  start(): void {
    this.#connect().catch((error: unknown) => this.#fail(error));
  }

  pause(): void {
    this.#record.paused(true);
    this.#connection?.pause();
  }

  resume(): void {
    this.#record.paused(false);
    this.#connection?.resume();
  }

  state(): StreamState {
    return this.#record.state();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#connection?.stop();
    this.#record.stop();
  }

  async #connect(): Promise<void> {
    const { signal } = this.#stopping;
    const options = { ...this.#options, signal };
    const topics = await patiently(options, () => findTopics(options.rest, options.topics, signal));
    this.#connection = new Connection({
      ...options,
      topics: firstChannel(topics, this.#record, options.log),
      record: this.#record,
      onFatal: (failure) => this.#fail(failure),
    });
    if (this.#record.state().paused) this.#connection.pause();
    this.#connection.start();
  }

  #fail(failure: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#options.onFatal(failure);
  }
}

interface Patience {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Until it works; what a retry cannot mend is thrown. */
async function patiently<T>({ log, clock, random, signal }: Patience, ask: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      if (error instanceof Failure && (error.kind === 'fatal' || error.kind === 'poison')) throw error;
      const waitMs = delayAfter(error, failures, random);
      log.warn({ err: error, waitMs, failures: failures + 1 }, 'topics not known yet; trying again');
      await delay(clock, waitMs, signal);
    }
  }
}

/** One channel for now: queues are first in the plan, so it is users that stay out. */
function firstChannel(topics: readonly string[], record: StreamRecord, log: Logger): readonly string[] {
  const [first = [], ...rest] = planChannels(topics);
  const leftOut = rest.flat();
  record.planned(leftOut.length);
  if (leftOut.length > 0) {
    const named = leftOut.slice(0, NAMED_TOPICS);
    log.warn(
      { count: leftOut.length, topics: named },
      'more topics than one channel takes: nothing is heard from these',
    );
  }
  return first;
}
