// The socket to one subscription, kept open without end. Invariant: at most one search for a socket is under way; the
// socket it finds takes over before the old one is closed; frames count from whichever socket brings them.
//
//   seek ──► channel (the one we have, or a new one) ──► socket opens ──► adopt ──► live ──┐
//    ▲                                                                                     │
//    └── closed, silent, socket_closing: same channel · evicted, revoked, gone: a new one ─┘
import type { Logger } from '../observability/logger.ts';
import { delay, type Clock } from '../runtime/clock.ts';
import { Failure, Retryable } from '../runtime/errors.ts';
import type { ChannelRecord, StreamCause } from './channel-record.ts';
import type { Channel } from './channel.ts';
import { delayAfter, isGone, isHopeless, reconnectDelayMs } from './reconnect.ts';
import type { Rest } from './rest.ts';
import { openSocket, type StreamSocket } from './socket.ts';
import { Subscription } from './subscription.ts';
import { systemNotice, type SystemNotice } from './system-notice.ts';

export interface ConnectionOptions {
  readonly rest: Rest;
  /** At most what one channel takes. */
  readonly topics: readonly string[];
  readonly record: ChannelRecord;
  /** A socket was opened where there had been one. */
  readonly onReconnected: (cause: StreamCause) => void;
  readonly onFrame: (raw: string, receivedAt: number) => void;
  readonly onFatal: (failure: unknown) => void;
  /** Others like it have worked: a refusal is an accident, not a wrong setting. */
  readonly proven: boolean;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** A socket that lived this long (one heartbeat) ends a row of failures; a server that accepts and drops does not. */
const STABLE_MS = 30_000;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #subscription: Subscription;
  readonly #leaving = new AbortController();
  #socket: StreamSocket | undefined;
  #opening: StreamSocket | undefined;
  #openedAt = Number.POSITIVE_INFINITY;
  #everOpen: boolean;
  #seeking = false;
  #failures = 0;
  #paused = false;

  constructor(given: ConnectionOptions) {
    const options = { ...given, signal: AbortSignal.any([given.signal, this.#leaving.signal]) };
    this.#options = options;
    this.#everOpen = options.proven;
    this.#subscription = new Subscription({ ...options, onGone: () => this.#abandon('channel_gone') });
  }

  start(): void {
    this.#seek('start', 0);
  }

  follow(topics: readonly string[], unheardSince: number): void {
    this.#subscription.follow(topics, unheardSince);
  }

  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket?.resume();
  }

  /** Resolves when the socket is gone. */
  async stop(): Promise<void> {
    this.#leaving.abort();
    const sockets = [this.#socket, this.#opening].filter((socket) => socket !== undefined);
    this.#socket = undefined;
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  #seek(cause: StreamCause, waitMs: number): void {
    if (this.#seeking || this.#options.signal.aborted) return;
    this.#seeking = true;
    void this.#attempts(cause, waitMs);
  }

  async #attempts(cause: StreamCause, firstWaitMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    let waitMs = firstWaitMs;
    while (this.#seeking) {
      await delay(clock, waitMs, signal);
      if (signal.aborted) return;
      try {
        await this.#connect(cause);
      } catch (error) {
        if (signal.aborted) return;
        waitMs = this.#failed(error);
      }
    }
  }

  async #connect(cause: StreamCause): Promise<void> {
    const known = this.#subscription.channel();
    const channel = await this.#subscription.ready();
    const socket = this.#openSocket(channel);
    this.#opening = socket;
    await socket.opened;
    this.#opening = undefined;
    if (this.#options.signal.aborted || channel !== this.#subscription.channel() || !socket.isOpen()) {
      void socket.close();
      throw new Retryable('socket_superseded', 'the socket or its channel ended while it was being opened');
    }
    this.#adopt(socket, cause);
    if (known) this.#subscription.confirm();
  }

  #openSocket(channel: Channel): StreamSocket {
    const { clock, onFrame, record } = this.#options;
    const socket: StreamSocket = openSocket({
      url: channel.connectUri,
      clock,
      onFrame: (raw, receivedAt) => {
        record.frame(receivedAt);
        onFrame(raw, receivedAt);
        const notice = channel === this.#subscription.channel() ? systemNotice(raw, channel.id) : undefined;
        if (notice) this.#noticed(notice, socket);
      },
      onClose: (end) => {
        if (socket === this.#socket) this.#lost(end);
      },
    });
    return socket;
  }

  #adopt(socket: StreamSocket, cause: StreamCause): void {
    const old = this.#socket;
    this.#socket = socket;
    this.#openedAt = this.#options.clock.now();
    this.#everOpen = true;
    this.#seeking = false;
    if (this.#paused) socket.pause();
    const { log, record, onReconnected } = this.#options;
    if (cause !== 'start') onReconnected(cause);
    record.opened();
    const { channel, topics } = record.state();
    log.info({ cause, channel, topics }, 'stream connected');
    void old?.close();
  }

  #noticed(notice: SystemNotice, socket: StreamSocket): void {
    if (notice === 'socket_closing') {
      // We have about a minute: the old socket goes on until the new one is open.
      if (socket === this.#socket) this.#seek(notice, this.#nextDelay(true));
      return;
    }
    this.#abandon(notice);
  }

  /** The channel is worth nothing any more: the next attempt makes another. */
  #abandon(cause: StreamCause): void {
    this.#subscription.drop();
    this.#lost(cause);
  }

  #lost(cause: StreamCause): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) {
      this.#options.record.lost(cause, socket.wholeUntil());
      this.#options.log.warn({ cause, channel: this.#options.record.state().channel }, 'stream lost its socket');
      void socket.close();
    }
    this.#seek(cause, this.#nextDelay(false));
  }

  /** What to wait after a failed attempt; what no attempt can mend ends the search. */
  #failed(error: unknown): number {
    const { log, onFatal, random } = this.#options;
    const gone = isGone(error) && this.#subscription.channel() !== undefined;
    if (gone) this.#subscription.drop();
    // Refused before it ever worked: a wrong setting, not an accident.
    const refused = !this.#everOpen && !gone && error instanceof Failure && error.kind === 'poison';
    if (isHopeless(error) || refused) {
      this.#seeking = false;
      onFatal(error);
      return 0;
    }
    const waitMs = delayAfter(error, this.#failures, random);
    this.#failures += 1;
    log.warn({ err: error, waitMs, failures: this.#failures }, 'stream not connected; trying again');
    return waitMs;
  }

  /** The first attempt after an announced close is immediate; any other waits longer with each failure in a row. */
  #nextDelay(announced: boolean): number {
    const { clock, random } = this.#options;
    if (this.#seeking) return 0;
    if (clock.now() - this.#openedAt >= STABLE_MS) this.#failures = 0;
    this.#openedAt = Number.POSITIVE_INFINITY;
    const failures = this.#failures;
    this.#failures += 1;
    return announced && failures === 0 ? 0 : reconnectDelayMs(failures, random);
  }
}
