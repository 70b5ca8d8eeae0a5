// One token for all replicas, on real Redis: two clients with connections of their own stand for two processes.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { platformUrls } from '../../src/genesys/platform-url.ts';
import { createRest } from '../../src/genesys/rest.ts';
import { createSignIn } from '../../src/genesys/sign-in.ts';
import { shareTokens, type TokenShare } from '../../src/stores/tokens/token-share.ts';
import type { TokenSource } from '../../src/stores/tokens/token-source.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { startScriptedPlatform, type ScriptedPlatform } from '../unit/genesys/scripted-platform.ts';

const LOGIN = 'POST /login/oauth/token';
const READ = 'GET /api/v2/conversations/abc';
const PAYLOAD_KEY = Buffer.alloc(32, 7).toString('base64');

interface Replica {
  readonly redis: Redis;
  readonly share: TokenShare;
  readonly tokens: TokenSource;
  readonly redisErrors: Error[];
}

describe('a token for all replicas', () => {
  let platform: ScriptedPlatform;
  let prefix: string;
  let replicas: Replica[];

  beforeEach(async () => {
    platform = await startScriptedPlatform();
    prefix = `t-${randomUUID().slice(0, 8)}`;
    replicas = [];
  });
  afterEach(async () => {
    const redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
    const left = await redis.keys(`${prefix}:*`);
    if (left.length > 0) await redis.del(...left);
    for (const connection of [redis, ...replicas.map((replica) => replica.redis)]) connection.disconnect();
    await platform.close();
  });

  const replica = (
    over: { secret?: string; payloadKey?: string; redisUrl?: string; lockMs?: number } = {},
  ): Replica => {
    const { secret = 's3cr3t', payloadKey = PAYLOAD_KEY, redisUrl = inject('redisUrl'), lockMs } = over;
    const { login: url } = platformUrls({ region: 'mypurecloud.com', gatewayUrl: platform.url });
    const redis = connectRedis(redisUrl, 'request', () => undefined);
    const redisErrors: Error[] = [];
    const share = shareTokens({
      redis,
      keys: keysFor(prefix),
      seal: sealWith(payloadKey),
      client: { url, id: 'id', secret },
      onError: (error) => redisErrors.push(error),
      ...(lockMs !== undefined && { lockMs }),
    });
    const tokens = createSignIn({
      url,
      clientId: 'id',
      clientSecret: secret,
      clock: systemClock,
      timeoutMs: 2000,
      share,
    });
    replicas.push({ redis, share, tokens, redisErrors });
    return { redis, share, tokens, redisErrors };
  };
  const restOf = ({ tokens }: Replica) => {
    const { api } = platformUrls({ region: 'mypurecloud.com', gatewayUrl: platform.url });
    return createRest({ url: api, tokens });
  };
  const read = (one: Replica) =>
    restOf(one).call({
      method: 'GET',
      path: '/conversations/{id}',
      params: { id: 'abc' },
      answer: z.object({ id: z.string() }),
    });

  it('is fetched once for forty callers in two processes', async () => {
    const [one, other] = [replica(), replica()];
    const asked = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? one : other).tokens.token());
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['token-1']));
    expect(platform.count(LOGIN)).toBe(1);
    expect(await replica().tokens.token()).toBe('token-1');
    expect(platform.count(LOGIN)).toBe(1);
  });

  it('lies in Redis sealed', async () => {
    const { redis, tokens } = replica();
    const token = await tokens.token();
    const keys = await redis.keys(`${prefix}:*`);
    expect(keys).toHaveLength(1);
    const stored = await redis.get(keys[0] ?? '');
    expect(stored).toMatch(/^v1\./);
    expect(stored).not.toContain(token);
    expect(keys.join()).not.toContain('s3cr3t');
  });

  it('is gone from Redis 60 s before it expires: whoever asks next renews it', async () => {
    platform.script(LOGIN, { body: { access_token: 'first', expires_in: 3600 } });
    const { redis, tokens } = replica();
    await tokens.token();
    const [key = ''] = await redis.keys(`${prefix}:*`);
    const ttl = await redis.pttl(key);
    expect(ttl).toBeLessThanOrEqual(3_540_000);
    expect(ttl).toBeGreaterThan(3_530_000);
    await redis.del(key);
    expect(await replica().tokens.token()).toBe('token-1');
  });

  it('is renewed once when both processes meet its refusal at the same time', async () => {
    const [one, other] = [replica(), replica()];
    await Promise.all([one.tokens.token(), other.tokens.token()]);
    platform.revoked.add('token-1');
    platform.script(READ, ...Array.from({ length: 8 }, () => ({ body: { id: 'abc' } })));
    await Promise.all([one, other, one, other, one, other, one, other].map((who) => read(who)));
    expect(platform.count(LOGIN)).toBe(2);
  });

  it('is replaced when another’s newer one is refused as well, and no more after that', async () => {
    const [one, other] = [replica(), replica()];
    await one.tokens.token();
    await other.tokens.renew(await other.tokens.token());
    expect(platform.count(LOGIN)).toBe(2);
    // the first still holds token-1; in Redis is token-2; both are revoked
    platform.revoked.add('token-1').add('token-2');
    platform.script(READ, { body: { id: 'abc' } });
    expect(await read(one)).toEqual({ id: 'abc' });
    expect(platform.requests.at(-1)?.authorization).toBe('Bearer token-3');
    platform.script(READ, { status: 401 }, { status: 401 });
    await expect(read(one)).rejects.toMatchObject({ kind: 'fatal', code: 'unauthorized' });
    expect(platform.count(LOGIN)).toBe(4);
  });

  it('waits while another signs in, and takes over when that one has died', async () => {
    const dead = replica({ lockMs: 400 });
    expect(await dead.share.lock()).toBe(true);
    const asked = replica().tokens.token();
    await vi.waitFor(async () => expect(await asked).toBe('token-1'), { timeout: 5000 });
    expect(platform.count(LOGIN)).toBe(1);
  });

  it('control: while the lock is held, nobody signs in', async () => {
    const holder = replica();
    expect(await holder.share.lock()).toBe(true);
    const waiting = replica();
    let settled = false;
    const asked = waiting.tokens.token().finally(() => {
      settled = true;
    });
    // two looks of the one that waits: each is a read and a lock refused
    for (let looks = 0; looks < 2; looks += 1) expect(await waiting.share.lock()).toBe(false);
    expect([settled, platform.count(LOGIN)]).toEqual([false, 0]);
    await holder.share.write('from the holder', 60_000);
    await holder.share.unlock();
    expect(await asked).toBe('from the holder');
    expect(platform.count(LOGIN)).toBe(0);
  });

  it('keeps nobody waiting who stops', async () => {
    await replica().share.lock();
    const stopping = new AbortController();
    const asked = restOf(replica()).call({ method: 'GET', path: '/x', answer: z.unknown(), signal: stopping.signal });
    stopping.abort();
    await expect(asked).rejects.toMatchObject({ kind: 'interrupted' });
  });

  it('does not give back a lock that has become another’s', async () => {
    const [slow, next] = [replica({ lockMs: 50 }), replica()];
    await slow.share.lock();
    await vi.waitFor(async () => expect(await next.share.lock()).toBe(true), { interval: 10 });
    await slow.share.unlock();
    expect(await replica().share.lock()).toBe(false);
  });

  it('frees the lock after a failed sign-in: the next caller tries at once', async () => {
    platform.script(LOGIN, { status: 503 });
    const one = replica();
    await expect(one.tokens.token()).rejects.toMatchObject({ code: 'platform_unavailable' });
    expect(await replica().tokens.token()).toBe('token-1');
  });

  it('is not another client’s: a rotated secret must prove itself', async () => {
    await replica().tokens.token();
    platform.script(LOGIN, { status: 401, body: { error: 'invalid_client' } });
    await expect(replica({ secret: 'rotated, wrong' }).tokens.token()).rejects.toMatchObject({
      code: 'bad_credentials',
    });
  });

  it('is not read with another payload key; that replica signs in', async () => {
    await replica().tokens.token();
    const stranger = replica({ payloadKey: Buffer.alloc(32, 8).toString('base64') });
    expect(await stranger.tokens.token()).toBe('token-2');
  });

  it('is fetched alone while Redis is away, and that is told', async () => {
    const cut = replica({ redisUrl: 'redis://127.0.0.1:1' });
    expect(await cut.tokens.token()).toBe('token-1');
    expect(cut.redisErrors.length).toBe(1);
  });
});
