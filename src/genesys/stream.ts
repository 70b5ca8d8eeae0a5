// The live stream of the platform, from topics to frames, over as many channels as the topics need. Invariant: it tries
// for ever, except where no attempt can help: then `onFatal` is called once, with a failure whose message says what to
// change, and nothing is tried again.
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { systemClock, type Clock } from '../runtime/clock.ts';
import { Failure } from '../runtime/errors.ts';
import { every, type Ticker } from '../runtime/ticker.ts';
import type { Gap, StreamCause } from './channel-record.ts';
import { Connection } from './connection.ts';
import { patientRest } from './patience.ts';
import type { Rest } from './rest.ts';
import { StreamRecord, type StreamState } from './stream-record.ts';
import { CHANNELS_PER_CLIENT, planTopics, TOPICS_PER_CHANNEL, wantedAfter } from './topic-plan.ts';
import { findTopics, isListed, type TopicChoice } from './topics.ts';

export interface StreamOptions {
  readonly rest: Rest;
  readonly topics: TopicChoice;
  /** At most so many channels: replicas share the client's 20. */
  readonly mostChannels?: number;
  /** How often "all" is listed again, so that a new queue is followed. */
  readonly relistMs?: number;
  /** Every text frame as it came: heartbeats and notices too, and duplicates while two sockets overlap. */
  readonly onFrame: (raw: string, receivedAt: number) => void;
  /** Credentials or permissions that must be put right; the stream has stopped trying. */
  readonly onFatal: (failure: unknown) => void;
  readonly onState?: (state: StreamState) => void;
  /** An interval without a live socket of one channel is over: what happened in it was not heard. */
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

const RELIST_MS = 300_000;
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
  /** By the channel's number. */
  readonly #connections = new Map<number, Connection>();
  #lots: readonly (readonly string[])[] = [];
  #missed: ReadonlySet<string> = new Set();
  #listedAt = 0;
  #relisting: Ticker | undefined;

  constructor(options: StreamOptions) {
    const { clock = systemClock, random = Math.random, metrics } = options;
    const ignore = (): void => undefined;
    this.#options = { ...options, clock, random };
    const { onState = ignore, onGap = ignore } = options;
    this.#record = new StreamRecord({ metrics, clock, onState, onGap });
  }

  start(): void {
    this.#begin().catch((error: unknown) => this.#fail(error));
  }

  pause(): void {
    this.#record.paused(true);
    for (const connection of this.#connections.values()) connection.pause();
  }

  resume(): void {
    this.#record.paused(false);
    for (const connection of this.#connections.values()) connection.resume();
  }

  state(): StreamState {
    return this.#record.state();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([
      this.#relisting?.stop(),
      ...[...this.#connections.values()].map((connection) => connection.stop()),
    ]);
    this.#record.stop();
  }

  async #begin(): Promise<void> {
    const { rest, topics, clock, log, relistMs = RELIST_MS } = this.#options;
    const { signal } = this.#stopping;
    const listedAt = clock.now();
    const found = await findTopics(patientRest(rest, { ...this.#options, signal }), topics, { signal });
    if (signal.aborted) return;
    this.#follow(found, 'start', this.#record.startedAt);
    this.#listedAt = listedAt;
    if (!isListed(topics)) return;
    const onError = (error: Error): void => this.#notRelisted(error);
    this.#relisting = every(relistMs, () => this.#relist(), { clock, onError, random: this.#options.random });
    log.debug({ relistMs }, 'topics are listed again from time to time');
  }

  /** A queue made since the last listing has not been heard since then. */
  async #relist(): Promise<void> {
    const { rest, topics, clock } = this.#options;
    const { signal } = this.#stopping;
    const listedAt = clock.now();
    const patient = patientRest(rest, { ...this.#options, signal });
    const listed = await findTopics(patient, topics, { signal, priority: 'bulk' });
    if (signal.aborted) return;
    const { wanted, missed } = wantedAfter(this.#lots.flat(), listed, this.#missed);
    this.#missed = missed;
    this.#follow(wanted, 'topics_added', this.#listedAt);
    this.#listedAt = listedAt;
  }

  /** What it followed it goes on following; only credentials that no longer work end it. */
  #notRelisted(error: Error): void {
    if (this.#stopping.signal.aborted) return;
    if (error instanceof Failure && FINAL.has(error.code)) return this.#fail(error);
    this.#options.log.warn({ err: error }, 'topics could not be listed again; those known are followed');
  }

  #follow(wanted: readonly string[], cause: StreamCause, unheardSince: number): void {
    const { mostChannels = CHANNELS_PER_CLIENT } = this.#options;
    const before = this.#lots;
    const { lots, leftOut } = planTopics(before, wanted, { channels: mostChannels, perChannel: TOPICS_PER_CHANNEL });
    this.#lots = lots;
    this.#tellLeftOut(leftOut);
    for (const [channel, topics] of lots.entries()) {
      const connection = this.#connections.get(channel);
      if (topics === before[channel]) continue;
      if (topics.length === 0) this.#disconnect(channel);
      else if (connection) connection.follow(topics, unheardSince);
      else this.#connect(channel, topics, cause, unheardSince);
    }
  }

  #connect(channel: number, topics: readonly string[], cause: StreamCause, unheardSince: number): void {
    const connection = new Connection({
      ...this.#options,
      topics,
      record: this.#record.open(channel, cause, unheardSince),
      signal: this.#stopping.signal,
      proven: cause !== 'start',
      onReconnected: (why) => this.#record.reconnected(why),
      onFatal: (failure) => this.#fail(failure),
    });
    this.#connections.set(channel, connection);
    if (this.#record.state().paused) connection.pause();
    connection.start();
  }

  #disconnect(channel: number): void {
    const connection = this.#connections.get(channel);
    this.#connections.delete(channel);
    this.#record.close(channel);
    void connection?.stop();
  }

  #tellLeftOut(leftOut: readonly string[]): void {
    if (leftOut.length === this.#record.state().leftOutTopics) return;
    this.#record.planned(leftOut.length);
    if (leftOut.length === 0) return;
    const details = { count: leftOut.length, topics: leftOut.slice(0, NAMED_TOPICS) };
    this.#options.log.warn(
      details,
      'more topics than the channels take: nothing is heard from these; follow queues instead of users, or raise ' +
        'THROUGHLINE_GENESYS_MAX_CHANNELS',
    );
  }

  #fail(failure: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#options.onFatal(failure);
  }
}

/** Failures of a listing that no later listing can mend. */
const FINAL: ReadonlySet<string> = new Set(['bad_credentials', 'unauthorized', 'no_platform_there']);
