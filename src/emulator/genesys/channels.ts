// Notification channels: made, subscribed, evicted, expired, revoked. Invariant: a client has 20 at most and a channel
// 1,000 subscriptions; the topic index and the channels' own lists always say the same.
import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';

export const MAX_CHANNELS_PER_CLIENT = 20;
export const MAX_TOPICS_PER_CHANNEL = 1000;
const LIFE_MS = 24 * 60 * 60 * 1000;

/** Who a channel belongs to: a client, and the token it was made with. */
export interface ChannelOwner {
  readonly clientId: string;
  readonly token: string;
}

export interface Channel extends ChannelOwner {
  readonly id: string;
  /** Rises with each use: made, subscribed, connected. */
  lastUse: number;
  expiresAt: number;
  socket: WebSocket | undefined;
  /** Subscription as asked for, and the topic names it stands for. */
  readonly subscriptions: Map<string, readonly string[]>;
}

export type RemovalCause = 'evicted' | 'expired' | 'revoked';

export interface ChannelsOptions {
  readonly clock: () => number;
  /** A channel is gone: it had to make room, its 24 hours are over, or its token was revoked. */
  readonly onRemoved: (channel: Channel, cause: RemovalCause) => void;
}

export class Channels {
  readonly #options: ChannelsOptions;
  /** In order of creation. */
  readonly #channels = new Map<string, Channel>();
  readonly #listeners = new Map<string, Set<Channel>>();
  #uses = 0;

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /** At the limit, room is made. */
  create({ clientId, token }: ChannelOwner): Channel {
    const own = this.ofClient(clientId);
    const victim = this.firstToGo(own);
    if (own.length >= MAX_CHANNELS_PER_CLIENT && victim !== undefined) this.remove(victim, 'evicted');
    const channel: Channel = {
      id: `streaming-0-${randomUUID().replaceAll('-', '')}`,
      clientId,
      token,
      lastUse: (this.#uses += 1),
      expiresAt: this.#options.clock() + LIFE_MS,
      socket: undefined,
      subscriptions: new Map(),
    };
    this.#channels.set(channel.id, channel);
    return channel;
  }

  find(channelId: string): Channel | undefined {
    this.expire();
    return this.#channels.get(channelId);
  }

  all(): readonly Channel[] {
    this.expire();
    return [...this.#channels.values()];
  }

  /** The socket is the channel's from now on; the one it had before, if any. */
  connect(channel: Channel, socket: WebSocket): WebSocket | undefined {
    const before = channel.socket;
    channel.socket = socket;
    channel.lastUse = this.#uses += 1;
    return before;
  }

  ofClient(clientId: string): readonly Channel[] {
    return this.all().filter((channel) => channel.clientId === clientId);
  }

  /** Of these the one that goes first: without a socket and used longest ago, else used longest ago. */
  firstToGo(channels: readonly Channel[]): Channel | undefined {
    const byUse = channels.toSorted((one, other) => one.lastUse - other.lastUse);
    return byUse.find(({ socket }) => socket === undefined) ?? byUse[0];
  }

  /** Channels that follow a topic. */
  listening(topicName: string): ReadonlySet<Channel> | undefined {
    return this.#listeners.get(topicName);
  }

  /** Makes the channel follow exactly these, and so extends its life. */
  subscribe(channel: Channel, subscriptions: ReadonlyMap<string, readonly string[]>): void {
    this.unsubscribe(channel);
    channel.expiresAt = this.#options.clock() + LIFE_MS;
    channel.lastUse = this.#uses += 1;
    for (const [subscription, names] of subscriptions) {
      channel.subscriptions.set(subscription, names);
      for (const name of names) this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(channel));
    }
  }

  unsubscribe(channel: Channel): void {
    for (const name of [...channel.subscriptions.values()].flat()) {
      const listeners = this.#listeners.get(name);
      listeners?.delete(channel);
      if (listeners?.size === 0) this.#listeners.delete(name);
    }
    channel.subscriptions.clear();
  }

  /** Removes what is past its time. */
  expire(): void {
    const now = this.#options.clock();
    for (const channel of this.#channels.values()) if (channel.expiresAt <= now) this.remove(channel, 'expired');
  }

  remove(channel: Channel, cause: RemovalCause): void {
    this.unsubscribe(channel);
    this.#channels.delete(channel.id);
    this.#options.onRemoved(channel, cause);
  }
}
