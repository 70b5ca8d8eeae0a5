// The budget of calls to a remote, on real Redis with a fake clock: two clients stand for two processes.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { rateLimitIn, type RateLimit } from '../../src/stores/rate-limit/rate-limit.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { createRandom } from '../../src/emulator/random.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';

const PER_MINUTE = 300;
/** A tenth of the limit may go at once; the rest is spread over the minute. */
const BURST = 30;

describe('rate limit', () => {
  let connections: Redis[];
  let clock: FakeClock;
  let key: string;
  let one: RateLimit;
  let other: RateLimit;

  beforeEach(() => {
    connections = [0, 1].map(() => connectRedis(inject('redisUrl'), 'request', () => undefined));
    clock = createFakeClock();
    key = `t-${randomUUID().slice(0, 8)}:{rate-genesys}`;
    const [first, second] = connections.map((redis) => rateLimitIn({ redis, key, perMinute: PER_MINUTE, clock }));
    if (!first || !second) throw new Error('two clients are needed');
    [one, other] = [first, second];
  });
  afterEach(async () => {
    await connections[0]?.del(key);
    for (const redis of connections) redis.disconnect();
  });

  const drain = async (): Promise<number> => {
    let taken = 0;
    while ((await one.take('users', 'live')).waitMs === 0) taken += 1;
    return taken;
  };

  it('is shared: what one takes the other lacks, and the wait it states is enough', async () => {
    for (let i = 0; i < BURST / 2; i += 1) {
      expect(await one.take('users', 'live')).toMatchObject({ waitMs: 0 });
      expect(await other.take('conversations', 'live')).toMatchObject({ waitMs: 0 });
    }
    const { waitMs } = await other.take('users', 'live');
    expect(waitMs).toBe(Math.ceil(60_000 / (PER_MINUTE - BURST)));
    expect(await one.take('users', 'live')).toMatchObject({ waitMs });
    clock.advance(waitMs - 1);
    expect((await one.take('users', 'live')).waitMs).toBeGreaterThan(0);
    clock.advance(1);
    expect(await one.take('users', 'live')).toMatchObject({ waitMs: 0 });
    expect((await other.take('users', 'live')).waitMs).toBeGreaterThan(0);
  });

  it('lets no more than its limit through in any minute, and uses nearly all of it', async () => {
    const seed = 20_261_120;
    const random = createRandom(seed);
    const taken: number[] = [];
    const end = clock.now() + 180_000;
    while (clock.now() < end) {
      const asker = random.chance(0.5) ? one : other;
      const { waitMs } = await asker.take('users', random.chance(0.5) ? 'live' : 'bulk');
      if (waitMs === 0) taken.push(clock.now());
      else clock.advance(Math.ceil(waitMs * random.next()));
    }
    for (const at of taken) {
      const inMinute = taken.filter((when) => when > at - 60_000 && when <= at).length;
      expect(inMinute, `seed ${seed}`).toBeLessThanOrEqual(PER_MINUTE);
    }
    expect(taken.length, `seed ${seed}`).toBeGreaterThan(3 * (PER_MINUTE - BURST) - 5);
  });

  it('keeps half of the burst for calls that conversations wait for', async () => {
    let bulk = 0;
    while ((await one.take('users', 'bulk')).waitMs === 0) bulk += 1;
    expect(bulk).toBe(BURST / 2);
    expect(await drain()).toBe(BURST / 2);
    // refill goes to the live ones first: bulk waits until half of the burst is back
    const { waitMs } = await other.take('users', 'bulk');
    expect(waitMs).toBeGreaterThan((await other.take('users', 'live')).waitMs * 10);
  });

  it('holds everybody for a pause within the remote’s window', async () => {
    await one.hold('users', 7000);
    expect(await other.take('conversations', 'live')).toMatchObject({ waitMs: 7000 });
    await other.hold('users', 3000);
    expect(await other.take('conversations', 'live')).toMatchObject({ waitMs: 7000 });
    clock.advance(7000);
    expect(await other.take('conversations', 'live')).toMatchObject({ waitMs: 0 });
  });

  it('holds one family for hours, for every process, and outlives them', async () => {
    const hours = 5 * 3_600_000;
    await one.hold('analytics', hours);
    expect(await other.take('analytics', 'live')).toMatchObject({ waitMs: hours });
    expect(await other.take('notifications', 'live')).toMatchObject({ waitMs: 0 });
    expect(await connections[0]?.pttl(key)).toBeGreaterThan(hours);
    // a take must not shorten what the key lives
    expect(await connections[0]?.pttl(key)).toBeGreaterThan(hours);
    clock.advance(hours);
    expect(await one.take('analytics', 'live')).toMatchObject({ waitMs: 0 });
  });

  it('believes the remote’s own count, in its family, until its window ends', async () => {
    await one.learn('users', { left: 2, resetMs: 20_000 });
    expect(await other.take('users', 'live')).toMatchObject({ waitMs: 0 });
    expect(await one.take('users', 'live')).toMatchObject({ waitMs: 0 });
    expect(await other.take('users', 'live')).toMatchObject({ waitMs: 20_000 });
    expect(await other.take('conversations', 'live')).toMatchObject({ waitMs: 0 });
    clock.advance(20_000);
    expect(await other.take('users', 'live')).toMatchObject({ waitMs: 0 });
  });

  it('leaves the last of the remote’s window to live calls', async () => {
    await one.learn('users', { left: 10, resetMs: 20_000 });
    expect(await one.take('users', 'bulk')).toMatchObject({ waitMs: 20_000 });
    expect(await one.take('users', 'live')).toMatchObject({ waitMs: 0 });
  });

  it('takes answers that come late or out of order for what they are', async () => {
    await one.learn('users', { left: 5, resetMs: 30_000 });
    // an older answer of the same window knows of fewer calls
    await one.learn('users', { left: 9, resetMs: 30_000 });
    for (let i = 0; i < 5; i += 1) expect(await other.take('users', 'live')).toMatchObject({ waitMs: 0 });
    expect(await other.take('users', 'live')).toMatchObject({ waitMs: 30_000 });
    // a new window
    clock.advance(31_000);
    await one.learn('users', { left: 20, resetMs: 60_000 });
    // the old window's last answer, late
    await one.learn('users', { left: 0, resetMs: 1000 });
    expect(await one.take('users', 'live')).toMatchObject({ waitMs: 0 });
  });

  it('keeps Redis’ time unless told otherwise', async () => {
    const [redis] = connections;
    if (!redis) throw new Error('no connection');
    const real = rateLimitIn({ redis, key, perMinute: 10 });
    expect(await real.take('users', 'live')).toMatchObject({ waitMs: 0 });
    const { waitMs } = await real.take('users', 'live');
    expect(waitMs).toBeGreaterThan(5000);
    expect(waitMs).toBeLessThanOrEqual(Math.ceil(60_000 / 9));
  });
});
