// What is known about the stream right now, for people (state), for Prometheus (metrics) and for repair (gaps): the sum
// of its channels. Invariant: it is connected only when every channel is; what one channel does not hear is not heard.
import type { Metrics } from '../observability/metrics.ts';
import type { Clock, TimerHandle } from '../runtime/clock.ts';
import type { RejectedTopic } from './channel.ts';
import { ChannelRecord, type ChannelState, type Gap, type StreamCause } from './channel-record.ts';

export type { Gap, StreamCause } from './channel-record.ts';

export interface StreamState {
  readonly connected: boolean;
  readonly channels: readonly ChannelState[];
  /** Topics followed, and those that were asked for but cannot be. */
  readonly topics: number;
  readonly rejectedTopics: readonly RejectedTopic[];
  /** Topics over what our channels take. */
  readonly leftOutTopics: number;
  /** Of any channel. */
  readonly lastFrameAt: number | undefined;
  /** Since when all channels are. */
  readonly connectedSince: number | undefined;
  /** Start of the oldest gap that is open now. */
  readonly gapSince: number | undefined;
  readonly reconnects: number;
  readonly gaps: number;
  readonly paused: boolean;
}

type Totals = Pick<StreamState, 'leftOutTopics' | 'reconnects' | 'gaps' | 'paused'>;

export interface RecordOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly onState: (state: StreamState) => void;
  readonly onGap: (gap: Gap) => void;
}

const METRIC_INTERVAL_MS = 5000;

export class StreamRecord {
  readonly startedAt: number;
  readonly #options: RecordOptions;
  readonly #channels = new Map<number, ChannelRecord>();
  #timer: TimerHandle | undefined;
  #totals: Totals = { leftOutTopics: 0, reconnects: 0, gaps: 0, paused: false };

  constructor(options: RecordOptions) {
    this.#options = options;
    this.startedAt = options.clock.now();
    this.#measure();
  }

  /** A record for a channel whose topics have not been heard since `gapSince`. */
  open(channel: number, cause: StreamCause, gapSince: number): ChannelRecord {
    const record: ChannelRecord = new ChannelRecord({
      channel,
      cause,
      gapSince,
      clock: this.#options.clock,
      onChange: () => this.#tell(),
      onGap: (gap) => this.#gap(gap),
      isLastHope: () => [...this.#channels.values()].every((other) => other === record || other.followsNothing()),
    });
    this.#channels.set(channel, record);
    return record;
  }

  close(channel: number): void {
    const record = this.#channels.get(channel);
    this.#channels.delete(channel);
    record?.close();
  }

  state(): StreamState {
    const channels = [...this.#channels.values()].map((record) => record.state());
    const connected = channels.length > 0 && channels.every((channel) => channel.connected);
    return {
      ...this.#totals,
      channels,
      connected,
      topics: channels.reduce((sum, { topics }) => sum + topics, 0),
      rejectedTopics: channels.flatMap(({ rejectedTopics }) => rejectedTopics),
      lastFrameAt: latest(channels.map(({ lastFrameAt }) => lastFrameAt)),
      connectedSince: connected ? latest(channels.map(({ connectedSince }) => connectedSince)) : undefined,
      gapSince: channels.length === 0 ? this.startedAt : earliest(channels.map(({ gapSince }) => gapSince)),
    };
  }

  planned(leftOutTopics: number): void {
    this.#total({ leftOutTopics });
  }

  /** A socket had to be opened where one had been. */
  reconnected(cause: StreamCause): void {
    this.#options.metrics.count('throughline_stream_reconnects_total', { cause });
    this.#total({ reconnects: this.#totals.reconnects + 1 });
  }

  paused(paused: boolean): void {
    this.#total({ paused });
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer);
    for (const channel of this.#channels.values()) channel.disconnected();
  }

  #gap(gap: Gap): void {
    this.#total({ gaps: this.#totals.gaps + 1 });
    this.#options.onGap(gap);
  }

  #total(changes: Partial<Totals>): void {
    this.#totals = { ...this.#totals, ...changes };
    this.#tell();
  }

  #tell(): void {
    const { metrics, onState } = this.#options;
    const state = this.state();
    metrics.set('throughline_stream_connected', state.connected ? 1 : 0);
    metrics.set('throughline_stream_channels', state.channels.filter(({ connected }) => connected).length);
    metrics.set('throughline_stream_topics', state.topics, { state: 'followed' });
    metrics.set('throughline_stream_topics', state.rejectedTopics.length, { state: 'rejected' });
    metrics.set('throughline_stream_topics', state.leftOutTopics, { state: 'left_out' });
    onState(state);
  }

  /** Of the channel that has been quiet longest: each has its own heartbeat, and one that fell silent must show. */
  #measure(): void {
    const { clock, metrics } = this.#options;
    const heard = [...this.#channels.values()].map((record) => record.state().lastFrameAt ?? this.startedAt);
    const ageMs = clock.now() - (earliest(heard) ?? this.startedAt);
    metrics.set('throughline_stream_last_frame_age_seconds', Math.max(0, ageMs) / 1000);
    this.#timer = clock.setTimeout(() => this.#measure(), METRIC_INTERVAL_MS);
  }
}

const known = (times: readonly (number | undefined)[]): number[] => times.filter((time) => time !== undefined);
const latest = (times: readonly (number | undefined)[]): number | undefined =>
  known(times).reduce<number | undefined>((most, time) => Math.max(most ?? time, time), undefined);
const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  known(times).reduce<number | undefined>((least, time) => Math.min(least ?? time, time), undefined);
