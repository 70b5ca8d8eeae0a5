// The ops endpoints over real HTTP: what a probe, a load balancer and Prometheus rely on.
import { afterEach, describe, expect, test } from 'vitest';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { startOpsServer, type Check, type OpsServer } from '../../../src/observability/ops-server.ts';

const open: OpsServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

type Notes = Map<string, () => Record<string, number>>;

async function start(checks: Record<string, Check>, isDraining = (): boolean => false, notes: Notes = new Map()) {
  const metrics = createMetrics();
  const config = { opsHost: '127.0.0.1', opsPort: 0 };
  const server = await startOpsServer({
    config,
    metrics,
    version: '1.2.3',
    checks: new Map(Object.entries(checks)),
    notes,
    isDraining,
  });
  open.push(server);
  return { server, metrics };
}

const get = async (server: OpsServer, path: string): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, body: await response.json() };
};

describe('/readyz', () => {
  test('is 200 when every check passes', async () => {
    const { server } = await start({ redis: () => Promise.resolve('PONG') });
    expect(await get(server, '/readyz')).toEqual({ status: 200, body: { status: 'ready', checks: { redis: 'ok' } } });
  });

  test('is 503 when one fails, and does not pass on what it said', async () => {
    const failing = (): Promise<never> => Promise.reject(new Error('connect redis://:hunter22@redis'));
    const { server } = await start({ redis: failing, other: () => Promise.resolve() });
    const body = { status: 'not ready', checks: { redis: 'failed', other: 'ok' } };
    expect(await get(server, '/readyz')).toEqual({ status: 503, body });
  });

  test('is 503 when one throws at once', async () => {
    const { server } = await start({
      redis: () => {
        throw new Error('closed');
      },
    });
    expect(await get(server, '/readyz')).toMatchObject({ status: 503, body: { checks: { redis: 'failed' } } });
  });

  test('shows what a role notes, whatever the checks say', async () => {
    const notes: Notes = new Map([['ingest', () => ({ spooledChunks: 3 })]]);
    const { server } = await start({ redis: () => Promise.reject(new Error('away')) }, undefined, notes);
    expect(await get(server, '/readyz')).toMatchObject({
      status: 503,
      body: { notes: { ingest: { spooledChunks: 3 } } },
    });
  });

  test('does not wait for ever', async () => {
    const { server } = await start({ redis: () => new Promise(() => undefined) });
    expect(await get(server, '/readyz')).toMatchObject({ status: 503, body: { checks: { redis: 'no answer' } } });
  });

  test('is 503 while draining, when /healthz is still 200', async () => {
    const state = { draining: false };
    const { server } = await start({}, () => state.draining);
    expect(await get(server, '/readyz')).toMatchObject({ status: 200 });
    state.draining = true;
    expect(await get(server, '/readyz')).toEqual({ status: 503, body: { status: 'draining', checks: {} } });
    expect(await get(server, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  });
});

test('/metrics is Prometheus text of this process’s registry', async () => {
  const { server, metrics } = await start({});
  metrics.count('throughline_events_total', { source: 'native' }, 3);
  const response = await fetch(`${server.url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(await response.text()).toContain('throughline_events_total{source="native"} 3');
});

test('/version says what runs', async () => {
  const { server } = await start({});
  const body = { name: 'throughline', version: '1.2.3', node: process.version };
  expect(await get(server, '/version')).toEqual({ status: 200, body });
});

test('a port that is taken is said at once', async () => {
  const { server } = await start({});
  const config = { opsHost: '127.0.0.1', opsPort: Number(new URL(server.url).port) };
  const idle = { version: '1.2.3', checks: new Map(), isDraining: () => false };
  const second = startOpsServer({ config, metrics: createMetrics(), ...idle });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
