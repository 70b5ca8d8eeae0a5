// A real HTTP receiver on loopback that answers as a test says, and remembers what came.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Hit {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** A status, headers with it, or nothing at all: then no answer ever comes. */
export type Answer = number | { readonly status: number; readonly headers: Record<string, string> } | 'silence';
export type Script = (hit: Hit, before: number) => Answer;

export interface WebhookReceiver {
  readonly url: string;
  readonly hits: Hit[];
  at(path: string): Hit[];
  /** How `path` answers; 204 unless told. */
  script(path: string, script: Script): void;
  close(): Promise<void>;
}

export async function webhookReceiver(): Promise<WebhookReceiver> {
  const hits: Hit[] = [];
  const scripts = new Map<string, Script>();
  const at = (path: string): Hit[] => hits.filter((hit) => hit.path === path);
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const hit = { path: request.url ?? '', headers: request.headers, body, at: Date.now() };
      const before = at(hit.path).length;
      hits.push(hit);
      const answer = scripts.get(hit.path)?.(hit, before) ?? 204;
      if (answer === 'silence') return;
      const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits,
    at,
    script: (path, script) => void scripts.set(path, script),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** As a receiver with the library would; throws where it is not good. */
export const verified = (secret: string, { body, headers }: Hit): unknown =>
  new Webhook(secret).verify(body, headers as Record<string, string>);
