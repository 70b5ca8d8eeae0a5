// The chaos run's verdict on promises that nobody keeps: it finds one that was not broken, and one that was broken twice.
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Oracle } from '../../bench/chaos/oracle.ts';
import { BREACH_COUNTERS, promisedFrame } from '../../bench/chaos/promises.ts';
import { untilQuiet } from '../../bench/chaos/quiet.ts';
import { judge } from '../../bench/chaos/verdict.ts';
import { openWorld, type World } from '../../bench/chaos/world.ts';

const BROKEN = { outcome: 'breach', dueAt: null, bySeconds: null };

let world: World;
let oracle: Oracle;
let ids: string[];
beforeEach(async () => {
  world = await openWorld({ redisUrl: inject('redisUrl'), partitions: 2 });
  oracle = new Oracle();
  ids = [0, 1].map((n) => {
    const { id, frame } = promisedFrame(n, Date.now());
    oracle.promise(id, frame);
    return id;
  });
  await world.redis.hset(world.keys.partition(0).meta, 'n:moves', oracle.moves);
});
afterEach(async () => {
  await world.redis.del(world.keys.partition(0).meta, world.keys.partition(1).meta);
  await world.close();
});

/** As workers leave it: counted in the commits, told to the CRM. */
async function broken(id: string, partition: number, times = 1): Promise<void> {
  for (const counter of BREACH_COUNTERS)
    await world.redis.hincrby(world.keys.partition(partition).meta, counter, times);
  const record = { recordId: id, version: 1, sla: { messageDelivery: BROKEN, messageRead: BROKEN } };
  await fetch(`${world.crm.url}/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify({ records: [record] }),
  });
}

describe('promises', () => {
  it('all broken once are as they must be', async () => {
    for (const [n, id] of ids.entries()) await broken(id, n);
    expect(await judge(world, oracle)).toMatchObject({ lost: 0, appliedTwice: 0, findings: [] });
  });

  it('one that nobody broke is lost', async () => {
    await broken(ids[0] ?? '', 0);
    const { lost, findings } = await judge(world, oracle);
    expect(lost).toBe(1 + BREACH_COUNTERS.length);
    expect(findings[0]).toBe(`lost: a promise to ${ids[1]} is not broken in the CRM`);
  });

  it('one that was broken twice is told', async () => {
    await broken(ids[0] ?? '', 0);
    await broken(ids[1] ?? '', 1, 2);
    expect(await judge(world, oracle)).toMatchObject({ lost: 0, appliedTwice: BREACH_COUNTERS.length });
  });

  it('a deadline that has not been told is waited for', async () => {
    const delayed = `${world.keys.bull('sla-deadlines')}:sla-deadlines:delayed`;
    await world.redis.zadd(delayed, Date.now(), 'one');
    expect(await untilQuiet(world, 1)).toMatchObject({ deadlines: 1 });
    await world.redis.del(delayed);
    expect(await untilQuiet(world, 1)).toBeUndefined();
  });
});
