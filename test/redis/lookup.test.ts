// Look-ups of customers on real Redis: what is believed is not asked again, the last known answer serves while the CRM is
// slow or fails, and nobody is named in Redis. The clock is the test's.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Retryable, Throttled } from '../../src/runtime/errors.ts';
import { eventually } from '../support/eventually.ts';
import { JANE, lookupWorld, type LookupWorld } from '../support/lookup-world.ts';
import type { LookupRig } from '../support/lookup-rig.ts';
import { failureOf } from '../unit/sinks/crm-server.ts';

const gold = { tier: 'gold' };

let world: LookupWorld;
beforeEach(() => {
  world = lookupWorld();
});
afterEach(() => world.close());

describe('what is believed', () => {
  it('is not asked again for five minutes, in this process and in others', async () => {
    const [one, other] = [world.process(), world.process()];
    expect(await one.lookup.find(JANE)).toEqual({ attributes: gold, freshness: 'fresh' });
    expect(await one.lookup.find(JANE)).toEqual({ attributes: gold, freshness: 'cached' });
    expect(await other.lookup.find(JANE)).toEqual({ attributes: gold, freshness: 'cached' });
    world.clock.advance(299_999);
    expect(await other.lookup.find(JANE)).toMatchObject({ freshness: 'cached' });
    expect(world.asked).toHaveLength(1);
    expect([await one.counted('memory'), await other.counted('shared'), await other.counted('memory')]).toEqual([1, 1, 1]); // prettier-ignore
    world.clock.advance(1);
    expect(await other.lookup.find(JANE)).toMatchObject({ freshness: 'fresh' });
    expect(await one.lookup.find(JANE)).toMatchObject({ freshness: 'cached' });
    expect(world.asked).toHaveLength(2);
  });

  it('of somebody unknown is believed for a minute', async () => {
    world.crm = () => Promise.resolve(undefined);
    const { lookup, counted } = world.process();
    expect(await lookup.find(JANE)).toBeUndefined();
    expect(await lookup.find(JANE)).toBeUndefined();
    expect(world.asked).toHaveLength(1);
    expect(await counted('negative')).toBe(1);
    world.crm = () => Promise.resolve(gold);
    world.clock.advance(60_000);
    expect(await lookup.find(JANE)).toMatchObject({ freshness: 'fresh' });
  });

  it('is asked by one identifier after the other, in the order of the mapping', async () => {
    world.crm = ({ rule }) => Promise.resolve(rule.by === 'email' ? gold : undefined);
    const { lookup } = world.process();
    const everything = { email: 'jane@example.com', phone: '+1317555', externalContactId: 'contact-1' };
    expect(await lookup.find(everything)).toMatchObject({ attributes: gold });
    expect(world.asked).toEqual(['contact-1', '+1317555', 'jane@example.com']);
    expect(await lookup.find({ email: 'jane@example.com' })).toMatchObject({ freshness: 'cached' });
    expect(await lookup.find({})).toBeUndefined();
  });

  it('cannot be changed by whoever reads it', async () => {
    const { lookup } = world.process();
    await lookup.find(JANE);
    const first = await lookup.find(JANE);
    Object.assign(first?.attributes ?? {}, { tier: 'spoilt' });
    expect(await lookup.find(JANE)).toMatchObject({ attributes: gold });
  });
});

describe('memory', () => {
  it('is bounded by entries and by bytes, and measured', async () => {
    world.crm = ({ value }) => Promise.resolve({ note: value.repeat(50) });
    const few = world.process({ maxEntries: 5 });
    const small = world.process({ maxBytes: 5000 });
    for (let n = 0; n < 50; n += 1) {
      await few.lookup.find({ phone: `+1317555${n}` });
      await small.lookup.find({ phone: `+1317555${n}` });
    }
    const gauge = async (rig: LookupRig, name: string): Promise<number> =>
      (await rig.metrics.registry.getSingleMetric(name)?.get())?.values[0]?.value ?? -1;
    expect(await gauge(few, 'throughline_lookup_cache_entries')).toBe(5);
    expect(await gauge(small, 'throughline_lookup_cache_bytes')).toBeLessThanOrEqual(5000);
    expect(await gauge(small, 'throughline_lookup_cache_entries')).toBeGreaterThan(1);
  });
});

describe('a CRM in trouble', () => {
  const grownOld = async (): Promise<LookupRig> => {
    const rig = world.process();
    await rig.lookup.find(JANE);
    world.clock.advance(300_000);
    return rig;
  };
  const silver = { tier: 'silver' };

  it('that is slow: the last known answer after half a second, and the new one behind it', async () => {
    const { lookup, counted } = await grownOld();
    const { waiting, asked: untilAsked } = world.held();
    const found = lookup.find(JANE);
    await untilAsked(1);
    world.clock.advance(500);
    expect(await found).toEqual({ attributes: gold, freshness: 'stale' });
    expect(await counted('stale')).toBe(1);
    waiting[0]?.resolve(silver);
    await eventually('the answer behind it', () => lookup.find(JANE), (now) => now?.freshness === 'cached'); // prettier-ignore
    expect(await lookup.find(JANE)).toEqual({ attributes: silver, freshness: 'cached' });
    expect(waiting).toHaveLength(1);
  });

  it('that answers in time is waited for', async () => {
    const { lookup } = await grownOld();
    const { waiting, asked: untilAsked } = world.held();
    const found = lookup.find(JANE);
    await untilAsked(1);
    world.clock.advance(499);
    waiting[0]?.resolve(silver);
    expect(await found).toEqual({ attributes: silver, freshness: 'fresh' });
  });

  it('that answers 500: the last known answer, from Redis too, until the window ends', async () => {
    await grownOld();
    world.crm = () => Promise.reject(new Retryable('crm_unavailable', 'answered 500'));
    expect(await world.process().lookup.find(JANE)).toEqual({ attributes: gold, freshness: 'stale' });
    world.clock.advance(3_600_000 - 1);
    expect(await world.process().lookup.find(JANE)).toEqual({ attributes: gold, freshness: 'stale' });
    world.clock.advance(1);
    expect(await failureOf(world.process().lookup.find(JANE))).toMatchObject({ code: 'crm_unavailable' });
  });

  it('that is down is left alone after five failures, and the stale answer comes at once', async () => {
    const { lookup } = await grownOld();
    world.crm = () => Promise.reject(new Retryable('crm_unavailable', 'answered 500'));
    for (let n = 0; n < 8; n += 1) expect(await lookup.find(JANE)).toMatchObject({ freshness: 'stale' });
    expect(world.asked).toHaveLength(1 + 5);
    expect(await failureOf(lookup.find({ phone: '+12125550100' }))).toMatchObject({ kind: 'throttled', code: 'circuit_open' }); // prettier-ignore
  });

  it('that asks for an hour of peace: no process asks, who is remembered is served, others are told to wait', async () => {
    const [one, other] = [await grownOld(), world.process()];
    world.crm = () => Promise.reject(new Throttled('crm_throttled', 'answered 429', 3_600_000));
    expect(await one.lookup.find(JANE)).toMatchObject({ freshness: 'stale' });
    world.crm = () => Promise.resolve(silver);
    world.clock.advance(1_800_000);
    expect(await other.lookup.find(JANE)).toMatchObject({ attributes: gold, freshness: 'stale' });
    const stranger = await failureOf(other.lookup.find({ phone: '+12125550100' }));
    expect(stranger).toMatchObject({ kind: 'throttled', code: 'rate_budget' });
    expect(world.asked).toHaveLength(2);
    world.clock.advance(1_800_000);
    expect(await other.lookup.find({ phone: '+12125550100' })).toEqual({ attributes: silver, freshness: 'fresh' });
  });
});

describe('Redis', () => {
  it('holds nothing that names anybody; the control finds it where it lies open', async () => {
    world.crm = () => Promise.resolve({ name: 'Jane Roe', tier: 'gold' });
    const { lookup, redis } = world.process();
    await lookup.find({ phone: '+13175550142', email: 'jane.roe@example.com', externalContactId: 'contact-4711' });
    const everything = async (): Promise<string> => {
      const keys = await redis.keys(`${world.prefix}:*`);
      const strings = await Promise.all(
        keys.map(async (key) => ((await redis.type(key)) === 'string' ? redis.get(key) : '')),
      );
      return JSON.stringify([keys, strings]);
    };
    const personal = /3175550142|jane|roe|contact-4711|gold/i;
    expect(await everything()).toContain(':customer:');
    expect(await everything()).not.toMatch(personal);
    await redis.set(`${world.prefix}:control`, '+13175550142');
    expect(await everything()).toMatch(personal);
  });

  it('that is away costs a question, not the answer', async () => {
    const { lookup, redis, redisErrors } = world.process();
    redis.disconnect();
    expect(await lookup.find(JANE)).toEqual({ attributes: gold, freshness: 'fresh' });
    expect(await lookup.find(JANE)).toEqual({ attributes: gold, freshness: 'cached' });
    expect(redisErrors.length).toBeGreaterThan(0);
  });

  it('that holds something unreadable is as good as empty', async () => {
    const { lookup, redis } = world.process();
    await lookup.find(JANE);
    const [key] = await redis.keys(`${world.prefix}:customer:*`);
    await redis.set(key ?? '', 'v1.AAAA');
    expect(await world.process().lookup.find(JANE)).toMatchObject({ freshness: 'fresh' });
  });
});
