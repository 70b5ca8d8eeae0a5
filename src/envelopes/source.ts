// A WebSocket of somebody else's that sends envelopes, one a message, kept open without end. Invariants: it tries for ever,
// with the stream's own delays; a socket that has fallen silent is found within 75 s unless it is paused; neither address
// nor token is ever logged.
import { WebSocket, type RawData } from 'ws';
import { reconnectDelayMs } from '../genesys/reconnect.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { certificateProblem } from '../runtime/certificate.ts';
import { delay, type Clock, type TimerHandle } from '../runtime/clock.ts';

export interface EnvelopeSourceOptions {
  readonly url: string;
  readonly token: string | undefined;
  /** Every text message as it came. A few more may come after `pause`: those already read. */
  readonly onEnvelope: (raw: string, receivedAt: number) => void;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random?: () => number;
}

export interface EnvelopeSource {
  /** Stops reading: the peer meets TCP's back pressure. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const HANDSHAKE_MS = 10_000;
const GOODBYE_MS = 2000;
/** Two pings without any sign are a dead peer; proxies close what is idle for a minute. */
const PING_EVERY_MS = 25_000;
const SILENCE_MS = 2 * PING_EVERY_MS;
/** A socket that lived this long ends a row of failures; a server that accepts and drops does not. */
const STABLE_MS = 30_000;
/** Far above the limit on a frame: exceeding that must cost the frame, not the socket. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

export function startEnvelopeSource(options: EnvelopeSourceOptions): EnvelopeSource {
  const source = new Source(options);
  source.start();
  return source;
}

class Source implements EnvelopeSource {
  readonly #options: EnvelopeSourceOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #socket: WebSocket | undefined;
  #paused = false;
  #signAt = 0;
  #timer: TimerHandle | undefined;

  constructor(options: EnvelopeSourceOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  pause(): void {
    this.#paused = true;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#signAt = this.#options.clock.now();
    this.#socket?.resume();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const { clock } = this.#options;
    // a paused socket would not read the peer's goodbye
    this.#socket?.resume();
    this.#socket?.close(1000);
    const patience = clock.setTimeout(() => this.#socket?.terminate(), GOODBYE_MS);
    await this.#running;
    clock.clearTimeout(patience);
  }

  async #run(): Promise<void> {
    const { clock, log, random = Math.random } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const lived = await this.#live();
      if (signal.aborted) return;
      if (lived >= STABLE_MS) failures = 0;
      const waitMs = reconnectDelayMs(failures, random);
      failures += 1;
      log.warn({ waitMs, failures }, 'the socket of envelopes is closed; trying again');
      await delay(clock, waitMs, signal);
    }
  }

  /** One socket from its opening to its end; how long it was open. */
  #live(): Promise<number> {
    const { url, token, clock, log, metrics } = this.#options;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const limits = { maxPayload: MAX_PAYLOAD_BYTES, perMessageDeflate: false, handshakeTimeout: HANDSHAKE_MS };
    const socket = new WebSocket(url, { ...limits, headers });
    this.#socket = socket;
    let openedAt: number | undefined;
    socket.on('open', () => {
      openedAt = this.#signAt = clock.now();
      metrics.set('throughline_envelopes_connected', 1);
      log.info('the socket of envelopes is open');
      if (this.#paused) socket.pause();
      this.#watch(socket);
    });
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    socket.on('pong', () => this.#sign());
    socket.on('unexpected-response', (_request, response) => {
      log.error({ status: response.statusCode }, refusal(response.statusCode ?? 0));
      socket.terminate();
    });
    // always followed by 'close'; its message may hold the address, and the address a token
    socket.on('error', (error) => {
      const { code = 'closed in the handshake' } = error as NodeJS.ErrnoException;
      const certificate = certificateProblem(code, 'THROUGHLINE_ENVELOPES_URL');
      log.warn({ code }, certificate === undefined ? UNREACHABLE : `the socket of envelopes failed: ${certificate}`);
    });
    return new Promise((resolve) => {
      socket.once('close', () => {
        clock.clearTimeout(this.#timer);
        metrics.set('throughline_envelopes_connected', 0);
        resolve(openedAt === undefined ? 0 : clock.now() - openedAt);
      });
    });
  }

  #message(data: RawData, isBinary: boolean): void {
    this.#sign();
    // ws hands text out as one Buffer unless told otherwise
    if (Buffer.isBuffer(data) && !isBinary) this.#options.onEnvelope(data.toString('utf8'), this.#signAt);
    else this.#options.metrics.count('throughline_ingest_refused_total', { reason: 'binary_message' });
  }

  #sign(): void {
    this.#signAt = this.#options.clock.now();
  }

  #watch(socket: WebSocket): void {
    const { clock } = this.#options;
    this.#timer = clock.setTimeout(() => {
      if (!this.#paused && clock.now() - this.#signAt >= SILENCE_MS) {
        socket.terminate();
        return;
      }
      if (!this.#paused) socket.ping();
      this.#watch(socket);
    }, PING_EVERY_MS);
  }
}

const UNREACHABLE = 'the socket of envelopes failed: see that THROUGHLINE_ENVELOPES_URL can be reached from here';

function refusal(status: number): string {
  const isToken = status === 401 || status === 403;
  const setting = isToken
    ? 'THROUGHLINE_ENVELOPES_URL_TOKEN is right'
    : 'THROUGHLINE_ENVELOPES_URL names the right path';
  return `the socket of envelopes was refused: see that ${setting}`;
}
