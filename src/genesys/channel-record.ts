// What is known about one channel of the stream, and its gaps. Invariant: a gap runs from the last moment known to be
// whole to the next open socket, and is reported once, when it closes; the time before the first socket is one too.
import type { Clock } from '../runtime/clock.ts';
import type { RejectedTopic } from './channel.ts';

/** Why a socket had to be opened, or topics were not heard; a metric label, so closed. */
export type StreamCause =
  | 'start'
  | 'topics_added'
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
  /** Which of the stream's channels it is about: their gaps overlap when all are cut at once. */
  readonly channel: number;
}

export interface ChannelState {
  readonly channel: number;
  readonly connected: boolean;
  /** Opens the channel's socket to anyone: show it to operators only, log it never. */
  readonly channelId: string | undefined;
  /** Topics followed, and those that were asked for but cannot be. */
  readonly topics: number;
  readonly rejectedTopics: readonly RejectedTopic[];
  readonly lastFrameAt: number | undefined;
  readonly connectedSince: number | undefined;
  /** Start of the gap that is open now. */
  readonly gapSince: number | undefined;
  /** Why it is; of the last one where none is open. */
  readonly gapCause: StreamCause;
}

export interface ChannelRecordOptions {
  readonly channel: number;
  readonly clock: Clock;
  /** Since when the topics of this channel have not been heard, and why. */
  readonly gapSince: number;
  readonly cause: StreamCause;
  readonly onChange: () => void;
  readonly onGap: (gap: Gap) => void;
  /** True when no other channel follows any topic, nor may do so yet. */
  readonly isLastHope: () => boolean;
}

export class ChannelRecord {
  readonly #options: ChannelRecordOptions;
  #gapCause: StreamCause;
  #subscribed = false;
  /** Apart from the rest: it changes with every frame. */
  #lastFrameAt: number | undefined;
  #state: Omit<ChannelState, 'lastFrameAt' | 'gapCause'>;

  constructor(options: ChannelRecordOptions) {
    this.#options = options;
    this.#gapCause = options.cause;
    this.#state = {
      channel: options.channel, connected: false, channelId: undefined, topics: 0, rejectedTopics: [],
      connectedSince: undefined, gapSince: options.gapSince,
    }; // prettier-ignore
  }

  state(): ChannelState {
    return { ...this.#state, lastFrameAt: this.#lastFrameAt, gapCause: this.#gapCause };
  }

  /** It asked for its topics and got none of them. */
  followsNothing(): boolean {
    return this.#subscribed && this.#state.topics === 0;
  }

  isLastHope(): boolean {
    return this.#options.isLastHope();
  }

  subscribed(channelId: string, topics: number, rejectedTopics: readonly RejectedTopic[]): void {
    this.#subscribed = true;
    this.#change({ channelId, topics, rejectedTopics });
  }

  /** Told to nobody: frames come by the thousand. */
  frame(at: number): void {
    this.#lastFrameAt = at;
  }

  opened(): void {
    const at = this.#options.clock.now();
    const { gapSince: from } = this.#state;
    this.#change({ connected: true, connectedSince: at, gapSince: undefined });
    if (from !== undefined) this.#gap(from, at, this.#gapCause);
  }

  lost(cause: StreamCause, wholeUntil: number): void {
    this.#gapCause = cause;
    this.#change({ connected: false, connectedSince: undefined, gapSince: wholeUntil });
  }

  /** Topics have joined those of an open channel: until now nothing was heard from them. */
  topicsAdded(unheardSince: number): void {
    this.#gap(unheardSince, this.#options.clock.now(), 'topics_added');
  }

  /** The channel is not wanted any more; a gap that is open ends with it. */
  close(): void {
    const { gapSince: from } = this.#state;
    this.#change({ connected: false, connectedSince: undefined, gapSince: undefined });
    if (from !== undefined) this.#gap(from, this.#options.clock.now(), this.#gapCause);
  }

  disconnected(): void {
    if (this.#state.connected) this.#change({ connected: false, connectedSince: undefined });
  }

  #gap(from: number, to: number, cause: StreamCause): void {
    this.#options.onGap({ from, to, cause, channel: this.#options.channel });
  }

  #change(changes: Partial<ChannelState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#options.onChange();
  }
}
