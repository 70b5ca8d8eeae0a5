// The partition protocol on real Redis: order, exactly once, fencing, relay, sweep. Each promise has a control
// or a counter-case that shows the test can fail.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claim, commit, readAfter, release } from '../../src/partitions/protocol.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { relayFor } from '../../src/partitions/relay.ts';
import { sweepFor } from '../../src/partitions/sweep.ts';
import { eventually } from '../support/eventually.ts';
import { numbered, pipelineRig, type Rig } from '../support/pipeline.ts';

let rig: Rig;
const p0 = () => rig.keys.partition(0);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const lengthOf = async (key: string) => (await rig.stateOf(key))?.length ?? 0;
const nothing = { poisonRun: 0, states: [], outputs: [], counters: new Map<string, number>() };

beforeEach(async () => {
  rig = await pipelineRig();
});
afterEach(async () => rig.close());

describe('the path through a partition', () => {
  it('applies every event of a conversation once and in the order of the log', async () => {
    await rig.startWorker();
    for (let i = 0; i < 1000; i += 50) await rig.appender.append(range(i, i + 50).map((n) => numbered('a', n)));
    await eventually(
      'all applied',
      () => lengthOf('a'),
      (n) => n >= 1000,
    );
    expect(await rig.stateOf('a')).toEqual(range(0, 1000));
    await eventually(
      'all relayed',
      () => rig.receiver.taken.length,
      (n) => n >= 1000,
    );
    expect(rig.receiver.taken.map((json) => (JSON.parse(json) as { n: number }).n)).toEqual(range(0, 1000));
    expect(await rig.redis.xlen(p0().log)).toBe(0);
    expect(await rig.redis.hget(p0().meta, 'n:events')).toBe('1000');
  });

  it('spreads conversations over partitions, each key always on the same one', async () => {
    await rig.close();
    rig = await pipelineRig({ partitions: 4 });
    await rig.startWorker();
    const keys = range(0, 40).map((i) => `conversation-${i}`);
    await rig.appender.append(keys.flatMap((k) => [numbered(k, 1), numbered(k, 2)]));
    for (const k of keys) {
      const state = () => rig.stateOf(k, partitionOf(k, 4));
      expect(await eventually(k, state, (s) => s?.length === 2)).toEqual([1, 2]);
    }
    expect(new Set(keys.map((k) => partitionOf(k, 4))).size).toBe(4);
  });

  it('two workers share the work and neither doubles nor reorders it', async () => {
    await rig.startWorker();
    await rig.startWorker();
    for (let n = 0; n < 300; n += 1) await rig.appender.append([numbered('a', n)]);
    await eventually(
      'all applied',
      () => lengthOf('a'),
      (n) => n >= 300,
    );
    expect(await rig.stateOf('a')).toEqual(range(0, 300));
  });

  it('goes to sleep when idle and is woken by the next append', async () => {
    await rig.startWorker();
    await rig.appender.append([numbered('a', 1)]);
    await eventually(
      'asleep',
      () => rig.redis.hexists(p0().meta, 'act'),
      (set) => set === 0,
    );
    await rig.appender.append([numbered('a', 2)]);
    await eventually(
      'second applied',
      () => lengthOf('a'),
      (n) => n === 2,
    );
  });
});

describe('commit (I1)', () => {
  const owned = async () => {
    const claimed = await claim(rig.redis, p0(), 'w1');
    if (claimed.kind !== 'claimed') throw new Error(`expected a claim, got ${claimed.kind}`);
    return claimed.owner;
  };

  it('refuses an owner whose epoch has passed, and takes the same commit from the current one', async () => {
    await rig.appender.append([numbered('a', 1)]);
    const old = await owned();
    const current = await owned();
    const [entry] = await readAfter(rig.redis, p0(), current.cursor, 10);
    const request = { ...nothing, newCursor: entry?.id ?? '', counters: new Map([['n:events', 1]]) };
    expect(await commit(rig.redis, p0(), old, request)).toBe(false);
    expect(await rig.redis.xlen(p0().log)).toBe(1);
    expect(await commit(rig.redis, p0(), current, request)).toBe(true);
    expect(await rig.redis.xlen(p0().log)).toBe(0);
    expect(await rig.redis.hget(p0().meta, 'n:events')).toBe('1');
  });

  it('refuses a cursor that has moved and knows its own commit when it is sent twice', async () => {
    await rig.appender.append([numbered('a', 1)]);
    const owner = await owned();
    const [entry] = await readAfter(rig.redis, p0(), owner.cursor, 10);
    const request = { ...nothing, newCursor: entry?.id ?? '', counters: new Map([['n:events', 1]]) };
    const before = { ...owner };
    expect(await commit(rig.redis, p0(), owner, request)).toBe(true);
    expect(await commit(rig.redis, p0(), before, request)).toBe(true);
    expect(await rig.redis.hget(p0().meta, 'n:events')).toBe('1');
    const elsewhere = { ...owner, cursor: '1-1' };
    expect(await commit(rig.redis, p0(), elsewhere, { ...request, newCursor: '9999999999999-0' })).toBe(false);
  });

  it('release: only the owner, only when empty (I2)', async () => {
    await rig.appender.append([numbered('a', 1)]);
    const old = await owned();
    const current = await owned();
    expect(await release(rig.redis, p0(), old)).toBe('fenced');
    expect(await release(rig.redis, p0(), current)).toBe('busy');
    const [entry] = await readAfter(rig.redis, p0(), current.cursor, 10);
    await commit(rig.redis, p0(), current, { ...nothing, newCursor: entry?.id ?? '' });
    expect(await release(rig.redis, p0(), current)).toBe('released');
    expect(await rig.redis.hexists(p0().meta, 'act')).toBe(0);
  });

  it('survives a Redis that has forgotten the scripts', async () => {
    await rig.appender.append([numbered('a', 1)]);
    await rig.redis.script('FLUSH');
    expect((await claim(rig.redis, p0(), 'w1')).kind).toBe('claimed');
  });
});

describe('relay', () => {
  it('repeated after a crash between accept and trim, delivers nothing twice', async () => {
    await rig.redis.xadd(p0().outbox, '1-0', 's', 'out', 't', '1', 'd', '"first"');
    await rig.redis.xadd(p0().outbox, '2-0', 's', 'out', 't', '1', 'd', '"second"');
    const entries = [
      { number: 1, receivedAt: 1, payload: '"first"' },
      { number: 2, receivedAt: 1, payload: '"second"' },
    ];
    await rig.receiver.accept(0, entries); // the relay that died before it trimmed
    const needs = { redis: rig.redis, keys: p0(), partition: 0, metrics: rig.metrics };
    const relay = relayFor({ ...needs, receivers: { out: rig.receiver } });
    relay.kick();
    await relay.settled();
    expect(rig.receiver.offered).toEqual([1, 2, 1, 2]); // control: it really was offered twice
    expect(rig.receiver.taken).toEqual(['"first"', '"second"']);
    expect(await rig.redis.xlen(p0().outbox)).toBe(0);
  });

  it('keeps an output whose receiver fails, and says so', async () => {
    await rig.redis.xadd(p0().outbox, '1-0', 's', 'out', 't', '1', 'd', '"first"');
    const failing = { accept: () => Promise.reject(new Error('receiver away')) };
    const needs = { redis: rig.redis, keys: p0(), partition: 0, metrics: rig.metrics };
    const relay = relayFor({ ...needs, receivers: { out: failing } });
    relay.kick();
    await expect(relay.settled()).rejects.toThrow('receiver away');
    expect(await rig.redis.xlen(p0().outbox)).toBe(1);
  });
});

describe('sweep', () => {
  const sweep = () =>
    sweepFor({ redis: rig.redis, keys: rig.keys, partitions: 1, waker: rig.waker, metrics: rig.metrics });

  it('heals a crash between append and wake; control: without it the event stays where it is', async () => {
    await rig.startWorker();
    await rig.redis.xadd(p0().log, '*', '1', JSON.stringify({ k: 'a', n: 1 }));
    await rig.redis.hset(p0().meta, 'act', '1');
    const look = sweep();
    expect(await look()).toEqual([]); // once seen is no proof
    expect(await rig.stateOf('a')).toBeUndefined();
    expect(await look()).toEqual([0]);
    await eventually(
      'healed',
      () => lengthOf('a'),
      (n) => n === 1,
    );
  });

  it('has an owner that died replaced; the dead one can commit nothing any more', async () => {
    await rig.appender.append([numbered('a', 1)]);
    await rig.wakeQueue.drain(); // the job went with the owner
    const dead = await claim(rig.redis, p0(), 'w1');
    const look = sweep();
    await look();
    expect(await look()).toEqual([0]);
    await rig.startWorker();
    await eventually(
      'taken over',
      () => lengthOf('a'),
      (n) => n === 1,
    );
    if (dead.kind !== 'claimed') throw new Error('expected a claim');
    expect(await commit(rig.redis, p0(), dead.owner, { ...nothing, newCursor: '9999999999999-0' })).toBe(false);
  });

  it('finishes a relay that was cut off after its commit', async () => {
    await rig.redis.xadd(p0().outbox, '1-0', 's', 'out', 't', '1', 'd', '"left behind"');
    await rig.startWorker();
    const look = sweep();
    await look();
    await look();
    await eventually(
      'relayed',
      () => rig.receiver.taken.length,
      (n) => n === 1,
    );
  });

  it('leaves a partition that makes progress alone', async () => {
    const look = sweep();
    await rig.appender.append([numbered('a', 1)]);
    await look();
    await claim(rig.redis, p0(), 'w1'); // somebody came
    expect(await look()).toEqual([]);
  });
});
