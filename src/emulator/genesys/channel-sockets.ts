// The WebSocket of each channel: upgrade, heartbeat, ping, frames out. Invariant: one socket a channel (a second one
// disconnects the first), and a socket that does not read costs at most its bound of memory before it is cut.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Publisher } from '../driver/teller.ts';
import type { Channel, Channels, RemovalCause } from './channels.ts';
import { eventFrame, HEARTBEAT, PONG, removalFrame, socketClosingFrame } from './frames.ts';

/** What clients send is a ping of 18 bytes. */
const MAX_CLIENT_FRAME_BYTES = 16_384;
const CLOSE_NORMAL = 1000;

export interface ChannelSocketsOptions {
  readonly organizationId: string;
  readonly heartbeatMs: number;
  readonly maxBufferedBytes: number;
}

export interface SocketCounts {
  readonly sockets: number;
  readonly framesSent: number;
  /** Sockets cut because they did not read. */
  readonly slowConsumers: number;
}

export class ChannelSockets {
  readonly #options: ChannelSocketsOptions;
  readonly #open = new Set<WebSocket>();
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_FRAME_BYTES,
    perMessageDeflate: false,
  });
  #heartbeat: NodeJS.Timeout | undefined;
  #framesSent = 0;
  #slowConsumers = 0;

  constructor(options: ChannelSocketsOptions) {
    this.#options = options;
  }

  /** Takes over upgrades of `server` for `/channels/{id}`, and starts the heartbeat; channels out of time go with it. */
  attach(server: Server, channels: Channels): void {
    const beat = (): void => {
      channels.expire();
      this.broadcast(HEARTBEAT);
    };
    this.#heartbeat = setInterval(beat, this.#options.heartbeatMs).unref();
    server.on('upgrade', (request, stream, head) => {
      const channel = channelOf(request, channels);
      if (channel === undefined) {
        refuseUpgrade(stream);
        return;
      }
      this.#upgrades.handleUpgrade(request, stream, head, (socket) => this.#adopt(socket, channel, channels));
    });
  }

  send(channel: Channel, text: string): void {
    if (channel.socket !== undefined) this.#write(channel.socket, text);
  }

  /** To every socket, as it is: the way bad input is practised. How many there were. */
  broadcast(text: string): number {
    for (const socket of this.#open) this.#write(socket, text);
    return this.#open.size;
  }

  announceClosing(): void {
    this.broadcast(socketClosingFrame());
  }

  /** Closes every socket with a code; 1006 breaks the connection without a word. How many there were. */
  closeAll(code: number): number {
    for (const socket of this.#open) {
      if (code === 1006) socket.terminate();
      else socket.close(code, 'asked for by the control API');
    }
    return this.#open.size;
  }

  /** For a channel that is gone: its socket is told why, where the platform has a word for it, and closed. */
  drop({ id: channelId, clientId: oauthClientId, socket }: Channel, cause: RemovalCause): void {
    if (socket === undefined) return;
    const { organizationId } = this.#options;
    if (cause !== 'expired') this.#write(socket, removalFrame(cause, { channelId, organizationId, oauthClientId }));
    socket.close(CLOSE_NORMAL, cause);
  }

  counts(): SocketCounts {
    return { sockets: this.#open.size, framesSent: this.#framesSent, slowConsumers: this.#slowConsumers };
  }

  stop(): void {
    clearInterval(this.#heartbeat);
    for (const socket of this.#open) socket.terminate();
    this.#upgrades.close();
  }

  /** The socket is the channel's from now on; one it had before is disconnected. */
  #adopt(socket: WebSocket, channel: Channel, channels: Channels): void {
    channels.connect(channel, socket)?.close(CLOSE_NORMAL, 'another connection uses this channel');
    this.#open.add(socket);
    socket.on('message', (data: Buffer) => {
      if (isPing(data)) this.#write(socket, PONG);
    });
    // A broken frame or connection closes the socket, which is all there is to do about it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#open.delete(socket);
      if (channel.socket === socket) channel.socket = undefined;
    });
  }

  #write(socket: WebSocket, text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.#options.maxBufferedBytes) {
      this.#slowConsumers += 1;
      socket.terminate();
      return;
    }
    this.#framesSent += 1;
    socket.send(text);
  }
}

function channelOf(request: IncomingMessage, channels: Channels): Channel | undefined {
  const match = /^\/channels\/([\w-]{1,100})$/.exec(request.url ?? '');
  return match?.[1] === undefined ? undefined : channels.find(match[1]);
}

function refuseUpgrade(stream: Duplex): void {
  stream.on('error', () => undefined);
  stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}

function isPing(data: Buffer): boolean {
  try {
    const message: unknown = JSON.parse(data.toString('utf8'));
    return typeof message === 'object' && message !== null && 'message' in message && message.message === 'ping';
  } catch {
    return false;
  }
}

/** Sends what is told of a topic to the channels that follow it. */
export const channelPublisher = (channels: Channels, sockets: ChannelSockets): Publisher => ({
  hears: (topicName) => channels.listening(topicName) !== undefined,
  publish: (topicName, body, correlationId) => {
    const text = eventFrame(topicName, body, correlationId);
    for (const channel of channels.listening(topicName) ?? []) sockets.send(channel, text);
  },
});
