// A resource for each conversation, as a service of one's own keeps it: read with a strong ETag, changed only over it.
// Invariant: a write over anything but the newest version is refused with 412.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';

export interface EtagResource {
  /** With `{conversationId}` in it. */
  readonly url: string;
  written(): number;
  close(): Promise<void>;
}

interface Held {
  readonly version: number;
  readonly values: object;
}

const NEW: Held = { version: 0, values: {} };

export async function startEtagResource(): Promise<EtagResource> {
  const held = new Map<string, Held>();
  let written = 0;
  const read = (url: string): Held => held.get(url) ?? NEW;
  const write = (url: string, ifMatch: string | undefined, news: object): number => {
    const { version, values } = read(url);
    if (ifMatch !== `"${version}"`) return 412;
    held.set(url, { version: version + 1, values: { ...values, ...news } });
    written += 1;
    return 204;
  };
  const answer = async ({ url = '', method, headers }: IncomingMessage, body: () => Promise<unknown>) => {
    if (method === 'PATCH') return { status: write(url, headers['if-match'], (await body()) as object) };
    const { version, values } = read(url);
    return { status: 200, etag: `"${version}"`, values };
  };
  const server = createServer((request, response) => {
    void answer(request, () => json(request)).then(
      ({ status, etag, values }) =>
        response
          .writeHead(status, etag === undefined ? {} : { etag, 'content-type': 'application/json' })
          .end(values && JSON.stringify(values)),
      () => response.writeHead(400).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/{conversationId}`,
    written: () => written,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
