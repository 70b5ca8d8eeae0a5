// The platform client as a role opens it, against the emulator and real Redis: replicas share token and budget, follow on
// channels of their own, and a token that expires under the stream is no event.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../../src/config/load.ts';
import { startGenesysEmulator, type GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import type { Rest } from '../../src/genesys/rest.ts';
import { startStream, type Stream } from '../../src/genesys/stream.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { platformRest } from '../../workers/roles/platform.ts';
import { TEST_KEY } from '../support/pipeline.ts';

const TWO_HOURS = 2 * 3_600_000;
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const log = createLogger({ level: 'silent', role: 'test' });

interface Replica {
  readonly rest: Rest;
  readonly frames: string[];
  readonly fatal: unknown[];
  readonly stream: Stream;
}

describe('the platform client of replicas', () => {
  let emulator: GenesysEmulator;
  let aheadMs: number;
  let prefix: string;
  let connections: Redis[];
  let replicas: Replica[];

  beforeEach(async () => {
    aheadMs = 0;
    prefix = `t-${randomUUID().slice(0, 8)}`;
    [connections, replicas] = [[], []];
    const clock = (): number => Date.now() + aheadMs;
    emulator = await startGenesysEmulator({
      port: 0,
      seed: 7,
      conversationsPerMinute: 0,
      speed: 1000,
      tokenSeconds: 3600,
      clock,
    });
  });
  afterEach(async () => {
    await Promise.all(replicas.map(({ stream }) => stream.stop()));
    const [redis] = connections;
    const left = (await redis?.keys(`${prefix}:*`)) ?? [];
    if (left.length > 0) await redis?.del(...left);
    for (const connection of connections) connection.disconnect();
    await emulator.close();
  });

  const platform = (over: Record<string, string> = {}): Rest => {
    const loaded = loadConfig({
      THROUGHLINE_GENESYS_CLIENT_ID: EMULATOR_CLIENT.id,
      THROUGHLINE_GENESYS_CLIENT_SECRET: EMULATOR_CLIENT.secret,
      THROUGHLINE_GENESYS_GATEWAY_URL: emulator.url,
      THROUGHLINE_CRM_URL: 'http://127.0.0.1:1',
      THROUGHLINE_PAYLOAD_KEY: TEST_KEY,
      ...over,
    });
    if (!loaded.ok) return expect.fail(JSON.stringify(loaded.problems));
    const redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
    connections.push(redis);
    const metrics = createMetrics();
    const onRedisError = (error: Error): void => expect.fail(error.message);
    return platformRest({
      config: loaded.config,
      clock: systemClock,
      redis,
      keys: keysFor(prefix),
      metrics,
      log,
      onRedisError,
    });
  };
  const replica = (): Replica => {
    const rest = platform();
    const [frames, fatal]: [string[], unknown[]] = [[], []];
    const stream = startStream({
      rest,
      topics: { queues: 'all', users: 'all' },
      onFrame: (raw) => frames.push(raw),
      onFatal: (failure) => fatal.push(failure),
      log,
      metrics: createMetrics(),
    });
    const started = { rest, frames, fatal, stream };
    replicas.push(started);
    return started;
  };
  const connected = (one: Replica, reconnects: number): Promise<void> =>
    until(() => expect(one.stream.state()).toMatchObject({ connected: true, reconnects }));
  const channelOf = ({ stream }: Replica): string | undefined => stream.state().channels[0]?.channelId;
  const hears = ({ frames }: Replica, conversationId: string): Promise<void> =>
    until(() => expect(frames.some((raw) => raw.includes(conversationId))).toBe(true));
  const sealedToken = async (): Promise<string> => {
    const keys = (await connections[0]?.keys(`${prefix}:*:sealed`)) ?? [];
    expect(keys).toHaveLength(1);
    return (await connections[0]?.get(keys[0] ?? '')) ?? '';
  };

  it('two ingesters side by side: one token, a channel each, and both hear everything', async () => {
    const [one, other] = [replica(), replica()];
    await Promise.all([connected(one, 0), connected(other, 0)]);
    expect(channelOf(one)).not.toBe(channelOf(other));
    expect(emulator.status()).toMatchObject({ channels: 2, sockets: 2 });
    const [conversationId = ''] = emulator.driver.start(1);
    await Promise.all([hears(one, conversationId), hears(other, conversationId)]);
    const token = await sealedToken();
    await platform().call({ method: 'GET', path: '/users', answer: z.unknown() });
    expect(await sealedToken()).toBe(token);
  });

  it('a token that expires under the stream is renewed by the next call, and the channel stays', async () => {
    const one = replica();
    await connected(one, 0);
    const [channelId, token] = [channelOf(one), await sealedToken()];
    aheadMs = TWO_HOURS;
    // what is under way goes on: the socket needs no token
    const [first = ''] = emulator.driver.start(1);
    await hears(one, first);
    await fetch(`${emulator.url}/emulator/sockets/close`, { method: 'POST' });
    await connected(one, 1);
    await vi.waitFor(async () => expect(await sealedToken()).not.toBe(token), { timeout: 5000 });
    const [second = ''] = emulator.driver.start(1);
    await hears(one, second);
    expect([channelOf(one), one.fatal]).toEqual([channelId, []]);
  });

  it('the budget of one replica is the budget of all', async () => {
    const [one, other] = [0, 1].map(() => platform({ THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '20' }));
    const ask = (rest: Rest | undefined) => rest?.call({ method: 'GET', path: '/users', answer: z.unknown() });
    await ask(one);
    await ask(other);
    await expect(ask(one)).rejects.toMatchObject({ kind: 'throttled', code: 'rate_budget' });
    await expect(ask(other)).rejects.toMatchObject({ kind: 'throttled', code: 'rate_budget' });
  });

  it('a wrong secret is fatal at the first call', async () => {
    const rest = platform({ THROUGHLINE_GENESYS_CLIENT_SECRET: 'wrong' });
    await expect(rest.call({ method: 'GET', path: '/users', answer: z.unknown() })).rejects.toMatchObject({
      kind: 'fatal',
      code: 'bad_credentials',
    });
  });
});
