// A receiver of webhooks on this machine, for trying them out. Invariants: it listens on loopback alone and reads a
// bounded body; what it prints holds names of attributes, never values, unless asked to.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { CommandFailure } from '../exit.ts';

export interface ReceiverOptions {
  readonly port: number;
  readonly secrets: readonly string[];
  readonly failRate: number;
  readonly random?: () => number;
  readonly onMessage: (received: Received) => void;
}

export interface Received {
  readonly messageId: string;
  readonly eventType: string;
  readonly traceId: string;
  readonly conversationId: string | undefined;
  readonly attributes: readonly string[];
  /** `unchecked` where no secret was given. */
  readonly signature: 'good' | 'bad' | 'unchecked';
  /** Seen before: a retry or a replay. */
  readonly repeated: boolean;
  readonly answered: number;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const MOST_BYTES = 1_048_576;
/** What it remembers to know a repeat by. */
const MOST_REMEMBERED = 10_000;

const bodySchema = z.object({
  eventType: z.string().max(100).catch('(none)'),
  traceId: z.string().max(300).catch('(none)'),
  conversationId: z.string().max(128).optional().catch(undefined),
  attributes: z.record(z.string(), z.unknown()).catch({}),
});

export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const seen = new Set<string>();
  const server = createServer((request, response) => {
    void take(request, response, options, seen).catch(() => response.destroy());
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken: choose another with --port' : `cannot be had (${error.code ?? 'unknown error'})`; // prettier-ignore
      reject(new CommandFailure(`Port ${port} on ${HOST} ${why}.`));
    });
    server.listen(port, HOST, () => resolve());
  });
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  { secrets, failRate, random = Math.random, onMessage }: ReceiverOptions,
  seen: Set<string>,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end();
  const messageId = headerOf(request, 'webhook-id');
  const signature = secrets.length === 0 ? 'unchecked' : isSigned(request, body, secrets) ? 'good' : 'bad';
  const repeated = seen.has(messageId);
  const answered = signature === 'bad' ? 401 : random() < failRate ? 503 : 204;
  if (seen.size >= MOST_REMEMBERED) seen.clear();
  seen.add(messageId);
  response.writeHead(answered).end();
  const { attributes, ...facts } = bodySchema.catch(bodySchema.parse({})).parse(parsed(body));
  onMessage({ ...facts, conversationId: facts.conversationId, attributes: Object.keys(attributes), messageId, signature, repeated, answered, body }); // prettier-ignore
}

function isSigned(request: IncomingMessage, body: string, secrets: readonly string[]): boolean {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
  const headers = Object.fromEntries(names.map((name) => [name, headerOf(request, name)]));
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, headers);
      return true;
    } catch {
      return false;
    }
  });
}

const headerOf = ({ headers }: IncomingMessage, name: string): string => String(headers[name] ?? '');

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).byteLength;
    if (size > MOST_BYTES) return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}
