// The API as a process: its port, its readiness, a Redis that is gone, and a clean end.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { apiNeeds, PASSWORD, startSampleApi } from '../browser/support/sample-api.ts';
import { sampleDeployment, type SampleDeployment } from '../browser/support/sample-deployment.ts';
import { startApi } from '../../src/api/server.ts';
import { eventually } from '../support/eventually.ts';
import { basic } from './api-client.ts';

let deployment: SampleDeployment;
beforeAll(async () => {
  deployment = await sampleDeployment({
    redisUrl: inject('redisUrl'),
    now: Date.now(),
    conversations: 2,
    deadLetters: 0,
  });
});
afterAll(() => deployment.close());

const GONE = 'unix:/nonexistent/redis.sock';
const headers = { authorization: basic(PASSWORD) };

describe('starting', () => {
  it('on a port that is taken names the port and the setting', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => {
      squatter.listen(0, '127.0.0.1', resolve);
    });
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { config, ...rest } = apiNeeds(deployment);
    const started = startApi({ ...rest, config: { ...config, apiPort: port } });
    await expect(started).rejects.toMatchObject({ name: 'Fatal', code: 'api_port_taken' });
    await expect(started).rejects.toThrow(new RegExp(`${port}.*THROUGHLINE_API_PORT`));
    squatter.close();
  });

  it('tells where it listens', async () => {
    const api = await startSampleApi(deployment);
    expect(api.url).toBe(`http://127.0.0.1:${api.port}`);
    expect(await (await fetch(`${api.url}/version`)).json()).toEqual({ name: 'throughline', version: '0.1.0' });
    await api.close();
  });

  it('ends at once though somebody holds a connection and asks nothing', async () => {
    const api = await startSampleApi(deployment);
    const silent = connect(api.port, '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    // answered on another connection: the silent one has been accepted
    await fetch(`${api.url}/version`);
    const gone = once(silent, 'close');
    await api.close();
    await gone;
  }, 10_000);
});

describe('readiness', () => {
  it('ends with draining, while the process still answers', async () => {
    const api = await startSampleApi(deployment);
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    api.drain();
    const draining = await fetch(`${api.url}/readyz`);
    expect([draining.status, ((await draining.json()) as { code: string }).code]).toEqual([503, 'draining']);
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    await api.close();
  });

  it('and all figures fail fast and plainly without Redis', async () => {
    const redis = connectRedis(GONE, 'request', () => undefined);
    const patient = connectRedis(GONE, 'worker', () => undefined);
    const queue = new Queue('dead-letters', { connection: patient });
    queue.on('error', () => undefined);
    const served = { name: 'dead-letters', does: 'waits for Redis for ever', queue };
    const api = await startSampleApi(deployment, { redis, queues: [served] });
    const startedAt = performance.now();
    for (const path of ['/readyz', '/api/v1/overview', '/api/v1/conversations', '/api/v1/dead-letters']) {
      const response = await fetch(`${api.url}${path}`, { headers });
      expect([path, response.status]).toEqual([path, 503]);
      expect(await response.json()).toMatchObject({ code: 'redis_unreachable' });
    }
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(12_000);
    await api.close();
    patient.disconnect();
    redis.disconnect();
  });
});

describe('closing', () => {
  it('ends open live streams and stops listening', async () => {
    const api = await startSampleApi(deployment);
    const live = await fetch(`${api.url}/api/v1/live`, { headers });
    const reader = live.body?.getReader();
    await reader?.read();
    const ended = eventually(
      'the stream ends',
      async () => reader?.read(),
      (chunk) => chunk?.done === true,
    );
    await api.close();
    await ended;
    await expect(fetch(`${api.url}/healthz`)).rejects.toThrow('fetch failed');
  });
});
