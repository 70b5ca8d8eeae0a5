// What Redis keeps is bounded: logs trimmed, states expiring, the index of open conversations pruned, dead letters of
// unknown topics capped.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pruneLive } from '../../src/partitions/prune.ts';
import { eventually } from '../support/eventually.ts';
import { numbered, pipelineRig, type Rig } from '../support/pipeline.ts';

let rig: Rig;
const p0 = () => rig.keys.partition(0);
beforeEach(async () => {
  rig = await pipelineRig();
});
afterEach(async () => rig.close());

describe('memory in Redis', () => {
  it('after the work is done, only states with a time to live and small fixed keys are left', async () => {
    await rig.startWorker();
    for (let i = 0; i < 50; i += 1) await rig.appender.append([numbered(`c${i}`, 1), numbered(`c${i}`, 2)]);
    await eventually(
      'all relayed',
      () => rig.receiver.taken.length,
      (n) => n === 100,
    );
    await eventually(
      'asleep',
      () => rig.redis.hexists(p0().meta, 'act'),
      (set) => set === 0,
    );
    expect([await rig.redis.xlen(p0().log), await rig.redis.xlen(p0().outbox)]).toEqual([0, 0]);
    for (let i = 0; i < 50; i += 1) expect(await rig.redis.pttl(p0().state(`c${i}`))).toBeGreaterThan(0);
    expect(await rig.redis.exists(p0().marks)).toBe(0);
    expect(await rig.redis.hlen(p0().meta)).toBeLessThan(12);
  });

  it('keeps only so many events of topics nobody reads, and every other dead letter', async () => {
    await rig.startWorker();
    const events = Array.from({ length: 20 }, () => numbered('a', -3));
    await rig.appender.append([...events, numbered('a', -1), numbered('a', 1)]);
    await eventually(
      'applied',
      () => rig.stateOf('a'),
      (state) => state?.length === 1,
    );
    const letters = await rig.deadQueue.getJobs(['waiting', 'failed']);
    expect(letters.map(({ name }) => name).sort()).toEqual([
      'bad_number',
      'unknown_topic',
      'unknown_topic',
      'unknown_topic',
    ]);
    expect(await rig.redis.hget(p0().meta, 'n:deadLetters')).toBe('21');
  });

  it('forgets open conversations whose state has expired, and only those', async () => {
    await rig.startWorker();
    await rig.appender.append(Array.from({ length: 30 }, (_, i) => numbered(`c${i}`, 1)));
    await eventually(
      'open',
      () => rig.redis.zcard(p0().live),
      (n) => n === 30,
    );
    for (let i = 0; i < 10; i += 1) await rig.redis.del(p0().state(`c${i}`)); // as its TTL would
    expect(await pruneLive(rig.redis, p0())).toBe(10);
    expect(await rig.redis.zcard(p0().live)).toBe(20);
    expect(await pruneLive(rig.redis, p0())).toBe(0);
  });
});
