// One question at a time about one customer: in a process by a shared flight, among processes by a lease. On real Redis,
// with a seeded property.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Poison, Retryable } from '../../src/runtime/errors.ts';
import { JANE, lookupWorld, type LookupWorld } from '../support/lookup-world.ts';
import { failureOf } from '../unit/sinks/crm-server.ts';

const gold = { tier: 'gold' };

let world: LookupWorld;
beforeEach(() => {
  world = lookupWorld();
});
afterEach(() => world.close());

describe('one question at a time', () => {
  it('in a process: whoever asks meanwhile gets the same answer', async () => {
    const { waiting, asked: untilAsked } = world.held();
    const { lookup, counted } = world.process();
    const all = Array.from({ length: 20 }, () => lookup.find(JANE));
    await untilAsked(1);
    waiting[0]?.resolve(gold);
    expect(await Promise.all(all)).toEqual(all.map(() => ({ attributes: gold, freshness: 'fresh' })));
    expect(waiting).toHaveLength(1);
    expect(await counted('joined')).toBe(19);
  });

  it('among processes: the other is told when to come again, and then need not ask', async () => {
    const { waiting, asked: untilAsked } = world.held();
    const [one, other] = [world.process(), world.process()];
    const first = one.lookup.find(JANE);
    await untilAsked(1);
    const refusal = await failureOf(other.lookup.find(JANE));
    expect(refusal).toMatchObject({ kind: 'throttled', code: 'asked_elsewhere', retryAfterMs: 250 });
    waiting[0]?.resolve(gold);
    await first;
    expect(await other.lookup.find(JANE)).toEqual({ attributes: gold, freshness: 'cached' });
    expect(waiting).toHaveLength(1);
  });

  it('among processes: one that failed lets the next one ask', async () => {
    world.crm = () => Promise.reject(new Retryable('crm_unavailable', 'answered 500'));
    expect(await failureOf(world.process().lookup.find(JANE))).toMatchObject({ code: 'crm_unavailable' });
    world.crm = () => Promise.resolve(gold);
    expect(await world.process().lookup.find(JANE)).toMatchObject({ freshness: 'fresh' });
  });

  it('a caller that stops waiting takes nothing from the others', async () => {
    const { waiting, asked: untilAsked } = world.held();
    const { lookup } = world.process();
    const leaving = new AbortController();
    const first = failureOf(lookup.find(JANE, { signal: leaving.signal }));
    const second = lookup.find(JANE);
    await untilAsked(1);
    leaving.abort();
    expect(await first).toMatchObject({ kind: 'interrupted' });
    waiting[0]?.resolve(gold);
    expect(await second).toMatchObject({ attributes: gold });
  });

  it('whatever the order: never two questions about one customer at once, and everybody gets an answer of theirs', async () => {
    const seed = Math.floor(Math.random() * 0x7fffffff);
    console.log(`single flight: seed ${seed}`);
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 30 }); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const rig = world.process();
        const underWay = new Map<string, number>();
        let most = 0;
        const run = randomUUID();
        world.crm = async ({ value }) => {
          underWay.set(value, (underWay.get(value) ?? 0) + 1);
          most = Math.max(most, underWay.get(value) ?? 0);
          await new Promise((resolve) => setImmediate(resolve));
          underWay.set(value, (underWay.get(value) ?? 0) - 1);
          if (value.endsWith('3')) throw new Poison('no', 'a customer the CRM chokes on');
          return { of: value };
        };
        const answers: Promise<void>[] = [];
        for (const [who, isLater, moves] of plan) {
          const externalContactId = `${run}-${who}`;
          const found = rig.lookup.find({ externalContactId });
          answers.push(found.then((one) => expect(one?.attributes).toEqual({ of: externalContactId }), (error: unknown) => expect([who, error]).toEqual([3, expect.any(Poison)]))); // prettier-ignore
          if (isLater) await Promise.allSettled(answers);
          if (moves) world.clock.advance(200_000);
        }
        await Promise.all(answers);
        expect(most).toBeLessThanOrEqual(1);
      }),
      { seed, numRuns: 30 },
    );
  });
});
