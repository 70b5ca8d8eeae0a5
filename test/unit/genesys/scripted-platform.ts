// A platform that does what a test tells it: sensible answers by default, scripted ones in their place, once each.
// Invariant: it keeps every request, so that a test can count them, and every socket, so that a test can harm them.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createRest, type Rest } from '../../../src/genesys/rest.ts';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import type { Clock } from '../../../src/runtime/clock.ts';

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Never answers. */
  readonly hang?: true;
}

export interface Received {
  readonly route: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly body: string;
}

export interface ScriptedPlatform {
  readonly url: string;
  readonly requests: Received[];
  /** What clients sent over sockets. */
  readonly spoken: string[];
  readonly queues: string[];
  readonly users: string[];
  readonly rejected: Set<string>;
  /** What new channels say of their end. */
  expires: string | undefined;
  /** Tokens that get a 401 from the API. */
  readonly revoked: Set<string>;
  /** Sockets opened so far, with the channel of each. */
  readonly sockets: { readonly channelId: string; readonly socket: WebSocket }[];
  /** Answers for the next requests of a route (`POST /login/oauth/token`), before the default ones. */
  script(route: string, ...answers: readonly Answer[]): void;
  /** Statuses to refuse the next socket upgrades with; 0 never answers. */
  refuseSockets(...statuses: readonly number[]): void;
  /** From now on a second socket of a channel does not disconnect the first. */
  leaveOldSockets(): void;
  /** From now on pings get no pong. */
  mute(): void;
  evict(channelId: string): void;
  count(route: string): number;
  close(): Promise<void>;
}

const ID = /streaming-\d+/;

export async function startScriptedPlatform(): Promise<ScriptedPlatform> {
  const scripts = new Map<string, Answer[]>();
  const refusals: number[] = [];
  const channels = new Set<string>();
  const connections = new Set<Socket>();
  let muted = false;
  let leavesOld = false;
  let tokens = 0;
  let made = 0;

  const http = createServer((request, response) => {
    void readBody(request).then((body) => {
      const address = new URL(request.url ?? '/', 'http://platform');
      const route = `${request.method} ${address.pathname.replace(ID, ':id')}`;
      const authorization = request.headers.authorization ?? '';
      platform.requests.push({ route, query: address.searchParams, authorization, body });
      const id = ID.exec(address.pathname)?.[0] ?? '';
      const refused = platform.revoked.has(authorization.replace('Bearer ', ''));
      const answer = refused ? { status: 401 } : nextAnswer(route, id, address.searchParams, body);
      if (answer.hang) return;
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
    });
  });
  http.on('connection', (connection) => connections.add(connection));

  const nextAnswer = (route: string, id: string, query: URLSearchParams, body: string): Answer =>
    scripts.get(route)?.shift() ?? defaultAnswer(route, id, query, body);
  const defaultAnswer = (route: string, id: string, query: URLSearchParams, body: string): Answer => {
    switch (route) {
      case 'POST /login/oauth/token':
        tokens += 1;
        return { body: { access_token: `token-${tokens}`, expires_in: 86_400, token_type: 'bearer' } };
      case 'POST /api/v2/notifications/channels': {
        made += 1;
        const channelId = `streaming-${made}`;
        channels.add(channelId);
        const connectUri = `${platform.url.replace('http', 'ws')}/channels/${channelId}`;
        return { body: { id: channelId, connectUri, expires: platform.expires } };
      }
      case 'PUT /api/v2/notifications/channels/:id/subscriptions':
        return channels.has(id)
          ? { body: { entities: subscriptions(body) } }
          : { status: 404, body: { code: 'not.found' } };
      case 'GET /api/v2/routing/queues':
        return { body: pageOf(platform.queues, query) };
      case 'GET /api/v2/users':
        return { body: pageOf(platform.users, query) };
      default:
        return { status: 404, body: { code: 'not.found' } };
    }
  };
  const subscriptions = (body: string): unknown[] =>
    (JSON.parse(body) as { id: string }[]).map(({ id }) =>
      platform.rejected.has(id)
        ? { id, state: 'Rejected', rejectionReason: 'not yours', missingPermissions: ['routing:queue:view'] }
        : { id, state: 'Permitted' },
    );

  const upgrades = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, connection, head) => {
    const channelId = ID.exec(request.url ?? '')?.[0] ?? '';
    const status = refusals.shift() ?? (channels.has(channelId) ? undefined : 404);
    if (status === 0) return;
    if (status !== undefined) {
      connection.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    upgrades.handleUpgrade(request, connection, head, (socket) => {
      socket.on('message', (data: Buffer) => {
        platform.spoken.push(data.toString());
        if (!muted) socket.send('{"topicName":"channel.metadata","eventBody":{"message":"pong"}}');
      });
      const before = leavesOld ? [] : platform.sockets.filter((other) => other.channelId === channelId);
      platform.sockets.push({ channelId, socket });
      for (const other of before) other.socket.close(1000);
    });
  });

  const platform: ScriptedPlatform = {
    url: '',
    requests: [],
    spoken: [],
    queues: ['11111111-0000-4000-8000-000000000001'],
    users: [],
    rejected: new Set(),
    expires: undefined,
    revoked: new Set(),
    sockets: [],
    script: (route, ...answers) => void scripts.set(route, [...(scripts.get(route) ?? []), ...answers]),
    refuseSockets: (...statuses) => void refusals.push(...statuses),
    leaveOldSockets: () => {
      leavesOld = true;
    },
    mute: () => {
      muted = true;
    },
    evict: (channelId) => void channels.delete(channelId),
    count: (route) => platform.requests.filter((request) => request.route === route).length,
    async close() {
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return Object.assign(platform, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
}

/** The real client, signed in to the scripted platform. */
export function connectRest(platform: ScriptedPlatform, clock: Clock): Rest {
  const urls = platformUrls({ region: 'mypurecloud.com', gatewayUrl: platform.url });
  const tokens = createSignIn({ url: urls.login, clientId: 'id', clientSecret: 'secret', clock, timeoutMs: 1000 });
  return createRest({ url: urls.api, tokens, timeoutMs: 1000 });
}

function pageOf(ids: readonly string[], query: URLSearchParams): unknown {
  const size = Number(query.get('pageSize'));
  const number = Number(query.get('pageNumber'));
  const entities = ids.slice((number - 1) * size, number * size).map((id) => ({ id, name: `name of ${id}` }));
  return { entities, pageSize: size, pageNumber: number, total: ids.length, pageCount: Math.ceil(ids.length / size) };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
