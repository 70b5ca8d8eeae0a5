// A network of the test's own between the processes and Redis: a TCP proxy that can hold its breath, be slow, lose one
// direction, or cut every connection. Invariant: bytes that are let through are unchanged and in order.
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export type ProxyMode =
  | { readonly kind: 'open' }
  /** Nothing passes, nobody is told; connections stay up. */
  | { readonly kind: 'blackhole' }
  /** Requests reach Redis, answers do not come back. */
  | { readonly kind: 'half-open' }
  | { readonly kind: 'slow'; readonly ms: number };

export interface FaultProxy {
  /** For `REDIS_URL`. */
  readonly url: string;
  set(mode: ProxyMode): void;
  /** Connections asked for so far. */
  asked(): number;
  /** Resets every connection. */
  cut(): void;
  close(): Promise<void>;
}

/** In front of a Redis that listens on a unix socket. */
export async function startFaultProxy(path: string): Promise<FaultProxy> {
  let mode: ProxyMode = { kind: 'open' };
  /** The processes’ side; the other side follows. */
  const clients = new Set<Socket>();
  let asked = 0;
  const pass = (from: Socket, to: Socket, isAnswer: boolean): void => {
    let before = Promise.resolve();
    from.on('data', (bytes: Buffer) => {
      if (mode.kind === 'blackhole' || (mode.kind === 'half-open' && isAnswer)) return;
      const late = mode.kind === 'slow' ? pause(mode.ms) : undefined;
      // behind what is still on its way, or bytes sent after a delay was lifted would overtake it
      before = Promise.all([before, late]).then(() => {
        if (to.writable) to.write(bytes);
      });
    });
    from.on('error', () => undefined);
    from.on('close', () => to.destroy());
  };
  const server = createServer((client) => {
    asked += 1;
    const upstream = connect(path);
    clients.add(client);
    client.on('close', () => clients.delete(client));
    pass(client, upstream, false);
    pass(upstream, client, true);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = (): void => {
    for (const client of clients) client.resetAndDestroy();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    set: (next) => {
      mode = next;
    },
    asked: () => asked,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
