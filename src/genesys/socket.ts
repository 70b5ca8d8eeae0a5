// One WebSocket to a channel. Invariant: after `opened` settles, `onClose` comes exactly once for an opened socket, and
// a socket that has fallen silent (half-open TCP, a stuck peer) is found and ended within 40 s unless it is paused.
import { WebSocket, type RawData } from 'ws';
import type { Clock, TimerHandle } from '../runtime/clock.ts';
import { Poison, Retryable, type Failure } from '../runtime/errors.ts';
import { noAnswer } from './platform-failure.ts';

export type SocketEnd = 'closed' | 'silent';

export interface SocketOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Every text frame as it came, heartbeats too. A few more may come after `pause`: those already read. */
  readonly onFrame: (raw: string, receivedAt: number) => void;
  readonly onClose: (end: SocketEnd) => void;
}

export interface StreamSocket {
  /** Rejects when the socket cannot be opened; `onClose` is not called then. */
  readonly opened: Promise<void>;
  /** Until when all that was sent to it has surely been read: where a gap begins if it ends now. */
  wholeUntil(): number;
  isOpen(): boolean;
  /** Stops reading an open socket: the peer meets TCP's back pressure. */
  pause(): void;
  resume(): void;
  /** Reads what was already sent, says goodbye, and resolves when the socket is gone. */
  close(): Promise<void>;
}

/** The platform's heartbeat comes every 30 s; its own clients allow 35. */
const SILENCE_MS = 35_000;
const PONG_MS = 5_000;
const HANDSHAKE_MS = 10_000;
const GOODBYE_MS = 2_000;
/** Far above the product's own limit on a frame: exceeding that must cost the frame, not the socket. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const PING = JSON.stringify({ message: 'ping' });

export function openSocket(options: SocketOptions): StreamSocket {
  return new ChannelSocket(options);
}

class ChannelSocket implements StreamSocket {
  readonly opened: Promise<void>;
  readonly #options: SocketOptions;
  readonly #ws: WebSocket;
  readonly #gone: Promise<void>;
  #timer: TimerHandle | undefined;
  /** When the last frame came, or else when it opened. */
  #signAt = 0;
  #quietSince = 0;
  /** What is read after a pause may be old, and what followed it lost: until then signs prove nothing. */
  #doubt = { from: 0, until: 0 };
  #wasOpen = false;
  #paused = false;
  #end: SocketEnd = 'closed';

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#ws = new WebSocket(options.url, { maxPayload: MAX_PAYLOAD_BYTES, perMessageDeflate: false });
    this.#gone = new Promise((resolve) => void this.#ws.once('close', () => resolve()));
    this.opened = this.#open();
    this.#ws.on('message', (data) => this.#frame(data));
    this.#ws.on('close', () => this.#closed());
  }

  wholeUntil(): number {
    return this.#options.clock.now() < this.#doubt.until ? this.#doubt.from : this.#signAt;
  }

  isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  pause(): void {
    if (this.#paused || !this.isOpen()) return;
    this.#doubt = { from: this.wholeUntil(), until: Number.POSITIVE_INFINITY };
    this.#paused = true;
    this.#ws.pause();
    this.#disarm();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#ws.resume();
    this.#quietSince = this.#options.clock.now();
    this.#doubt.until = this.#quietSince + SILENCE_MS;
    this.#watch();
  }

  async close(): Promise<void> {
    this.#disarm();
    // A paused socket would not read the peer's goodbye.
    this.#ws.resume();
    this.#ws.close(1000);
    const patience = this.#options.clock.setTimeout(() => this.#ws.terminate(), GOODBYE_MS);
    await this.#gone;
    this.#options.clock.clearTimeout(patience);
  }

  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      let cause: Failure | undefined;
      this.#timer = this.#options.clock.setTimeout(() => this.#ws.terminate(), HANDSHAKE_MS);
      this.#ws.once('open', () => {
        this.#wasOpen = true;
        this.#sign();
        this.#watch();
        resolve();
      });
      this.#ws.on('unexpected-response', (_request, response) => {
        cause = refused(response.statusCode ?? 0);
        this.#ws.terminate();
      });
      // Always followed by 'close'; without a listener it would end the process.
      this.#ws.on('error', (error) => {
        cause ??= unreachable(error);
      });
      this.#ws.once('close', () =>
        reject(cause ?? new Retryable('socket_closed', 'the socket closed before it opened')),
      );
    });
  }

  #sign(): void {
    this.#signAt = this.#options.clock.now();
    this.#quietSince = this.#signAt;
  }

  #frame(data: RawData): void {
    this.#sign();
    // ws hands text out as one Buffer unless told otherwise.
    if (Buffer.isBuffer(data)) this.#options.onFrame(data.toString('utf8'), this.#signAt);
  }

  #closed(): void {
    this.#disarm();
    if (this.#wasOpen) this.#options.onClose(this.#end);
  }

  /** One timer re-armed when it fires, not one per frame: frames come by the thousand. */
  #watch(): void {
    this.#disarm();
    if (this.#paused || !this.isOpen()) return;
    const { clock } = this.#options;
    const wait = SILENCE_MS - (clock.now() - this.#quietSince);
    this.#timer = wait > 0 ? clock.setTimeout(() => this.#watch(), wait) : this.#ping();
  }

  #ping(): TimerHandle {
    const quietSince = this.#quietSince;
    this.#ws.send(PING, () => undefined);
    return this.#options.clock.setTimeout(() => {
      if (this.#quietSince !== quietSince) return this.#watch();
      this.#end = 'silent';
      this.#ws.terminate();
    }, PONG_MS);
  }

  #disarm(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** A client error says that the channel's address is no good any more; a busy or broken server says nothing about it. */
function refused(status: number): Failure {
  const said = `the channel’s socket was refused with ${status}`;
  const aboutTheChannel = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return aboutTheChannel ? new Poison('channel_gone', said) : new Retryable('socket_refused', said);
}

/** The message may hold the address, and the address opens the channel: only the code leaves. */
function unreachable(error: Error): Retryable {
  const { code } = error as NodeJS.ErrnoException;
  return noAnswer(code ?? 'closed in the handshake', 'the channel’s socket (wss, at the host that the platform names)');
}
