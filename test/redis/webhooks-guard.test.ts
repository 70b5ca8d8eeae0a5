// The guard at work on real sockets: a name that changes its meaning between the look and the call, and what a receiver
// may not do with our time and memory.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { callEndpoint } from '../../src/sinks/webhooks/call.ts';
import { problemNow, type Resolve } from '../../src/sinks/webhooks/checked-agents.ts';
import { webhookMessage } from '../../src/sinks/webhooks/message.ts';
import { targetGuard } from '../../src/sinks/webhooks/target-guard.ts';
import { newEndpoint, newEndpointId, newSecret } from '../../src/stores/webhooks/endpoint.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

let hits = 0;
async function serve(listener: RequestListener = (_request, response) => void response.writeHead(204).end()) {
  hits = 0;
  server = createServer((request, response) => {
    hits += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => {
    server?.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Answers in turn, the last for ever. */
function resolver(...answers: readonly string[]): { readonly resolve: Resolve; readonly asked: () => number } {
  let asked = 0;
  const resolve: Resolve = (_hostname, _options, done) => {
    const address = answers[Math.min(asked, answers.length - 1)] ?? '';
    asked += 1;
    done(null, [{ address, family: 4 }]);
  };
  return { resolve, asked: () => asked };
}

const call = (url: string, allow: string | undefined, resolve?: Resolve, timeoutMs = 2000) => {
  const settings = { name: 'n', url, events: ['test' as const], enabled: true, headers: {}, timeoutMs };
  const endpoint = newEndpoint(newEndpointId(), settings, newSecret(), Date.now());
  const message = webhookMessage('test', { traceId: 't', at: Date.now() }, {});
  const guard = targetGuard({ allow, ports: '443' });
  const needs = { guard, resolve, now: Date.now, userAgent: 'test' };
  return callEndpoint(endpoint, message, new AbortController().signal, needs);
};

describe('a name that is rebound', () => {
  it('was public when it was registered, and is judged again where it is connected to', async () => {
    const port = await serve();
    const url = `https://rebind.example:${port}/`;
    const { resolve, asked } = resolver('93.184.216.34', '127.0.0.1');
    const open = targetGuard({ allow: undefined, ports: `443,${port}` });
    expect(await problemNow(new URL(url), open, resolve)).toBeUndefined();
    expect(await call(url, undefined, resolve)).toMatchObject({ outcome: 'blocked', detail: expect.stringContaining('loopback') }); // prettier-ignore
    expect(asked()).toBe(2);
    expect(hits).toBe(0);
  });

  it('is resolved once a call: the address judged is the address connected to', async () => {
    const port = await serve();
    // allowed at first, refused ever after: a second look-up would be seen
    const { resolve, asked } = resolver('127.0.0.1', '169.254.169.254');
    const called = await call(`http://rebind.example:${port}/`, '127.0.0.1', resolve);
    expect(called).toEqual({ outcome: 'delivered', status: 204, detail: null });
    expect(asked()).toBe(1);
    expect(hits).toBe(1);
    // no connection is kept from the one call to the next
    expect(await call(`http://rebind.example:${port}/`, '127.0.0.1', resolve)).toMatchObject({ outcome: 'blocked' });
    expect(hits).toBe(1);
  });

  it.each(['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', 'localhost'])('%s gets no call', async (host) => {
    const port = await serve();
    expect((await call(`https://${host}:${port}/`, undefined)).outcome).toBe('blocked');
    // the control: listed, it gets one
    if (host === '127.0.0.1') expect((await call(`http://${host}:${port}/`, '127.0.0.1')).outcome).toBe('delivered');
    expect(hits).toBe(host === '127.0.0.1' ? 1 : 0);
  });
});

describe('a receiver that takes liberties', () => {
  it('is not read to its end', async () => {
    let written = 0;
    const port = await serve((_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const pour = (): void => {
        while (!response.destroyed && written < 500_000_000) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', pour);
        }
      };
      pour();
    });
    const called = await call(`http://127.0.0.1:${port}/`, '127.0.0.1');
    expect(called).toMatchObject({ outcome: 'delivered', status: 200 });
    expect(written).toBeLessThan(50_000_000);
  });

  it('is not waited for beyond its time, not even drop by drop', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const startedAt = performance.now();
    expect(await call(`http://127.0.0.1:${port}/`, '127.0.0.1', undefined, 300)).toMatchObject({
      outcome: 'delivered',
    });
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });

  it.each([
    [429, { 'retry-after': '7' }, { outcome: 'throttled', pauseMs: 7000 }],
    [429, { 'retry-after': '86400000' }, { outcome: 'throttled', pauseMs: 3_600_000 }],
    [503, { 'retry-after': '3' }, { outcome: 'throttled', pauseMs: 3000 }],
    [503, {}, { outcome: 'failed' }],
    [500, {}, { outcome: 'failed' }],
    [404, {}, { outcome: 'refused' }],
    [410, {}, { outcome: 'gone' }],
    [301, { location: 'http://169.254.169.254/' }, { outcome: 'redirected' }],
  ])('%i %j is understood', async (status, headers, outcome) => {
    const port = await serve((_request, response) => void response.writeHead(status, headers).end());
    expect(await call(`http://127.0.0.1:${port}/`, '127.0.0.1')).toMatchObject({ status, ...outcome });
    expect(hits).toBe(1);
  });

  it('may be gone', async () => {
    const port = await serve();
    server?.close();
    expect(await call(`http://127.0.0.1:${port}/`, '127.0.0.1')).toMatchObject({ outcome: 'unreachable', detail: 'ECONNREFUSED' }); // prettier-ignore
  });
});
