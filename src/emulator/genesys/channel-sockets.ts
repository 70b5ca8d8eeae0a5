// The WebSocket of each channel: upgrade, heartbeat, ping, frames out. Invariant: one socket a channel (a second one
// disconnects the first), and a socket that does not read costs at most its bound of memory before it is cut.
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Channel, Channels, RemovalCause } from './channels.ts';
import { HEARTBEAT, PONG, removalFrame, socketClosingFrame } from './frames.ts';

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
  /** Upgrades refused on demand. */
  readonly refused: number;
  /** Sockets that say and hear nothing, on demand. */
  readonly halfOpen: number;
}

export class ChannelSockets {
  readonly #options: ChannelSocketsOptions;
  readonly #open = new Map<WebSocket, Channel>();
  readonly #silent = new Set<WebSocket>();
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_FRAME_BYTES,
    perMessageDeflate: false,
  });
  #heartbeat: NodeJS.Timeout | undefined;
  #framesSent = 0;
  #slowConsumers = 0;
  #refused = 0;
  #refusals = { times: 0, status: 503 };

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
      const refusal = this.#refusal() ?? (channel === undefined ? 404 : undefined);
      if (channel === undefined || refusal !== undefined) {
        refuseUpgrade(stream, refusal ?? 404);
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
    for (const socket of this.#open.keys()) this.#write(socket, text);
    return this.#open.size;
  }

  /** To the socket of one channel, or to all. */
  announceClosing(channelId?: string): void {
    for (const socket of this.#chosen(channelId)) this.#write(socket, socketClosingFrame());
  }

  /** Closes the socket of one channel, or all, with a code; 1006 breaks the connection without a word. How many. */
  close(code: number, channelId?: string): number {
    const chosen = this.#chosen(channelId);
    for (const socket of chosen) {
      if (code === 1006) socket.terminate();
      else socket.close(code, 'asked for by the control API');
    }
    return chosen.length;
  }

  /** Leaves connections open on which nothing is said or heard any more, as when a router forgets them. How many. */
  silence(channelId?: string): number {
    const chosen = this.#chosen(channelId);
    for (const socket of chosen) {
      this.#silent.add(socket);
      // Pings of the protocol are not answered either
      socket.pause();
    }
    return chosen.length;
  }

  /** Refuses the next `times` upgrades. */
  refuse(times: number, status: number): void {
    this.#refusals = { times, status };
  }

  /** For a channel that is gone: its socket is told why, where the platform has a word for it, and closed. */
  drop({ id: channelId, clientId: oauthClientId, socket }: Channel, cause: RemovalCause): void {
    if (socket === undefined) return;
    const { organizationId } = this.#options;
    if (cause !== 'expired') this.#write(socket, removalFrame(cause, { channelId, organizationId, oauthClientId }));
    this.#end(socket, cause);
  }

  counts(): SocketCounts {
    return {
      sockets: this.#open.size,
      framesSent: this.#framesSent,
      slowConsumers: this.#slowConsumers,
      refused: this.#refused,
      halfOpen: this.#silent.size,
    };
  }

  stop(): void {
    clearInterval(this.#heartbeat);
    for (const socket of this.#open.keys()) socket.terminate();
    this.#upgrades.close();
  }

  /** The socket is the channel's from now on; one it had before is disconnected. */
  #adopt(socket: WebSocket, channel: Channel, channels: Channels): void {
    const before = channels.connect(channel, socket);
    if (before !== undefined) this.#end(before, 'another connection uses this channel');
    this.#open.set(socket, channel);
    socket.on('message', (data: Buffer) => {
      if (isPing(data)) this.#write(socket, PONG);
    });
    // A broken frame or connection closes the socket, which is all there is to do about it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#open.delete(socket);
      this.#silent.delete(socket);
      if (channel.socket === socket) channel.socket = undefined;
    });
  }

  #chosen(channelId: string | undefined): readonly WebSocket[] {
    const all = [...this.#open];
    return all.filter(([, { id }]) => id === (channelId ?? id)).map(([socket]) => socket);
  }

  #refusal(): number | undefined {
    if (this.#refusals.times === 0) return undefined;
    this.#refusals.times -= 1;
    this.#refused += 1;
    return this.#refusals.status;
  }

  /** One that hears nothing would never answer a close. */
  #end(socket: WebSocket, reason: string): void {
    if (this.#silent.has(socket)) socket.terminate();
    else socket.close(CLOSE_NORMAL, reason);
  }

  #write(socket: WebSocket, text: string): void {
    if (socket.readyState !== socket.OPEN || this.#silent.has(socket)) return;
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

function refuseUpgrade(stream: Duplex, status: number): void {
  stream.on('error', () => undefined);
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

function isPing(data: Buffer): boolean {
  try {
    const message: unknown = JSON.parse(data.toString('utf8'));
    return typeof message === 'object' && message !== null && 'message' in message && message.message === 'ping';
  } catch {
    return false;
  }
}
