// What is known about the stream right now, for people (state), for Prometheus (metrics) and for repair (gaps).
// Invariant: a gap runs from the last moment known to be whole to the next open socket, and is reported once, when it
// closes; the time before the first socket is one too.
import type { Metrics } from '../observability/metrics.ts';
import type { Clock, TimerHandle } from '../runtime/clock.ts';
import type { RejectedTopic } from './channel.ts';

/** Why a socket had to be opened; a metric label, so closed. */
export type StreamCause =
  | 'start'
  | 'closed'
  | 'silent'
  | 'socket_closing'
  | 'no_longer_subscribed'
  | 'token_revoked'
  | 'channel_gone';

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly cause: StreamCause;
}

export interface StreamState {
  readonly connected: boolean;
  /** Opens the channel's socket to anyone: show it to operators only, log it never. */
  readonly channelId: string | undefined;
  /** Topics followed, and those that were asked for but cannot be. */
  readonly topics: number;
  readonly rejectedTopics: readonly RejectedTopic[];
  /** Topics over what one channel takes. */
  readonly leftOutTopics: number;
  readonly lastFrameAt: number | undefined;
  readonly connectedSince: number | undefined;
  /** Start of the gap that is open now. */
  readonly gapSince: number | undefined;
  readonly reconnects: number;
  readonly gaps: number;
  readonly paused: boolean;
}

export interface RecordOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly onState: (state: StreamState) => void;
  readonly onGap: (gap: Gap) => void;
}

const METRIC_INTERVAL_MS = 5000;

export class StreamRecord {
  readonly #options: RecordOptions;
  readonly #startedAt: number;
  #gapCause: StreamCause = 'start';
  #timer: TimerHandle | undefined;
  /** Apart from the rest: it changes with every frame. */
  #lastFrameAt: number | undefined;
  #state: Omit<StreamState, 'lastFrameAt'>;

  constructor(options: RecordOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#state = {
      connected: false, channelId: undefined, topics: 0, rejectedTopics: [], leftOutTopics: 0, reconnects: 0, gaps: 0,
      connectedSince: undefined, gapSince: this.#startedAt, paused: false,
    }; // prettier-ignore
    this.#measure();
  }

  state(): StreamState {
    return { ...this.#state, lastFrameAt: this.#lastFrameAt };
  }

  planned(leftOutTopics: number): void {
    this.#change({ leftOutTopics });
  }

  subscribed(channelId: string, topics: number, rejectedTopics: readonly RejectedTopic[]): void {
    this.#change({ channelId, topics, rejectedTopics });
  }

  /** Not told through `onState`: frames come by the thousand. */
  frame(at: number): void {
    this.#lastFrameAt = at;
  }

  opened(cause: StreamCause): void {
    const at = this.#options.clock.now();
    const { gapSince: from, gaps, reconnects } = this.#state;
    const again = cause === 'start' ? 0 : 1;
    if (again) this.#options.metrics.count('throughline_stream_reconnects_total', { cause });
    this.#change({
      connected: true,
      connectedSince: at,
      gapSince: undefined,
      gaps: from === undefined ? gaps : gaps + 1,
      reconnects: reconnects + again,
    });
    if (from !== undefined) this.#options.onGap({ from, to: at, cause: this.#gapCause });
  }

  lost(cause: StreamCause, wholeUntil: number): void {
    this.#gapCause = cause;
    this.#change({ connected: false, connectedSince: undefined, gapSince: wholeUntil });
  }

  paused(paused: boolean): void {
    this.#change({ paused });
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
    if (this.#state.connected) this.#change({ connected: false, connectedSince: undefined });
  }

  #change(changes: Partial<StreamState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#options.metrics.set('throughline_stream_connected', this.#state.connected ? 1 : 0);
    this.#options.onState(this.state());
  }

  #measure(): void {
    const { clock, metrics } = this.#options;
    const ageMs = clock.now() - (this.#lastFrameAt ?? this.#startedAt);
    metrics.set('throughline_stream_last_frame_age_seconds', Math.max(0, ageMs) / 1000);
    this.#timer = clock.setTimeout(() => this.#measure(), METRIC_INTERVAL_MS);
  }
}
