// A bare client of the emulated platform for tests: signs in, calls paths, keeps the frames of a socket.
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import { startGenesysEmulator, type GenesysEmulatorOptions } from '../../../src/emulator/genesys/emulator.ts';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.ts';

export interface Frame {
  readonly topicName: string;
  readonly eventBody: Record<string, unknown> & { id?: string; message?: string };
  readonly metadata?: { readonly CorrelationId: string };
}

export interface ChannelSocket {
  readonly socket: WebSocket;
  readonly texts: string[];
  readonly frames: () => Frame[];
  readonly closedWith: () => number | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { id?: string; connectUri?: string; entities?: Record<string, unknown>[] };
}

export interface PlatformClient {
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A new channel with these topics and an open socket. */
  listen(
    topics: readonly string[],
  ): Promise<ChannelSocket & { readonly channelId: string; readonly connectUri: string }>;
}

/** Quiet, fast, patient with those who poll, and on a free port unless told otherwise. */
export const startQuietly = (options: Partial<GenesysEmulatorOptions> = {}): Promise<GenesysEmulator> =>
  startGenesysEmulator({
    port: 0,
    seed: 1,
    conversationsPerMinute: 0,
    speed: 1000,
    requestsPerMinute: 1_000_000,
    ...options,
  });

export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
  };
}

export const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  call(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

const basic = ({ id, secret }: { id: string; secret: string }): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

export const signIn = (url: string, client = EMULATOR_CLIENT, path = '/oauth/token'): Promise<Answer> =>
  call(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: basic(client), 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  });

export async function connectSocket(uri: string): Promise<ChannelSocket> {
  const socket = new WebSocket(uri);
  const texts: string[] = [];
  let code: number | undefined;
  socket.on('message', (data: Buffer) => texts.push(data.toString('utf8')));
  socket.on('close', (closeCode) => (code = closeCode));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  return { socket, texts, frames: () => texts.map((text) => JSON.parse(text) as Frame), closedWith: () => code };
}

export async function platformClient(url: string, client = EMULATOR_CLIENT): Promise<PlatformClient> {
  const { body } = await signIn(url, client);
  const authorization = `Bearer ${String(body['access_token'])}`;
  // The content type is always sent, as by the official SDK, even where there is no body.
  const headers = { authorization, 'content-type': 'application/json' };
  const request = (method: string, path: string, payload?: unknown): Promise<Answer> =>
    call(`${url}${path}`, { method, headers, ...(payload === undefined ? {} : { body: JSON.stringify(payload) }) });
  return {
    call: request,
    listen: async (topics) => {
      const channel = await request('POST', '/api/v2/notifications/channels');
      const channelId = String(channel.body.id);
      const path = `/api/v2/notifications/channels/${channelId}/subscriptions`;
      const subscribed = await request(
        'PUT',
        path,
        topics.map((id) => ({ id })),
      );
      if (subscribed.status !== 200) throw new Error(`subscribing answered ${subscribed.status}`);
      const connectUri = String(channel.body.connectUri);
      return { channelId, connectUri, ...(await connectSocket(connectUri)) };
    },
  };
}

export const queueTopics = ({ center }: GenesysEmulator): string[] =>
  center.queues.map(({ id }) => `v2.routing.queues.${id}.conversations`);
export const userTopics = ({ center }: GenesysEmulator): string[] =>
  center.users.map(({ id }) => `v2.users.${id}.conversations`);

/** Waits until the emulator has nothing left to tell. */
export const settled = (emulator: GenesysEmulator): Promise<unknown> =>
  eventually(
    'conversations to settle',
    () => emulator.status(),
    ({ started, settled: done }) => started > 0 && started === done,
  );
