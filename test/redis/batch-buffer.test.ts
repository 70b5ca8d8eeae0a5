// The batch buffer on real Redis: triggers, folding, order per record, rests, splits, one by one.
// What holds whatever happens is in batch.property.test.ts.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createMetrics } from '../../src/observability/metrics.ts';
import { BatchBuffer, type BatchLimits, type BufferNeeds, type CutBatch } from '../../src/runtime/batch/buffer.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor, type BufferKeys } from '../../src/stores/redis/keys.ts';
import { eventually } from '../support/eventually.ts';

interface Stored {
  readonly recordId: string;
  readonly version: number;
}

let redis: Redis;
let keys: BufferKeys;
let announced: CutBatch[];
let number: number;

const needs = (): BufferNeeds => ({
  redis,
  keys,
  stage: 'test',
  metrics: createMetrics(),
  limits: { maxItems: 3, maxBytes: 100_000, intervalMs: 60_000 },
  rest: { initialMs: 0, maxMs: 0 },
  identify: (payload) => JSON.parse(payload) as Stored,
  announce: (batch) => {
    announced.push(batch);
    return Promise.resolve();
  },
});
const makeBuffer = (limits: Partial<BatchLimits> = {}, restMs = 0): BatchBuffer =>
  new BatchBuffer({ ...needs(), limits: { ...needs().limits, ...limits }, rest: { initialMs: restMs, maxMs: restMs } });

const output = (recordId: string, version: number, extra = '') => ({
  number: (number += 1),
  receivedAt: 5,
  payload: JSON.stringify({ recordId, version, extra }),
});
const versions = async (buffer: BatchBuffer, batchId: string) =>
  (await buffer.read(batchId)).map(({ json }) => {
    const { recordId, version } = JSON.parse(json) as Stored;
    return `${recordId}@${version}`;
  });

beforeEach(() => {
  redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
  keys = keysFor(`t-${randomUUID().slice(0, 8)}`).buffer('test');
  announced = [];
  number = 0;
});
afterEach(async () => {
  const left = await redis.keys(`${keys.meta.slice(0, -'meta'.length)}*`);
  if (left.length > 0) await redis.del(...left);
  redis.disconnect();
});

describe('triggers', () => {
  it('cuts full batches at once and leaves the rest waiting', async () => {
    const buffer = makeBuffer();
    await buffer.accept(
      0,
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => output(id, 1)),
    );
    expect(announced.map(({ trigger, records }) => [trigger, records])).toEqual([['size', 3], ['size', 3]]); // prettier-ignore
    expect(await redis.llen(keys.waiting)).toBe(1);
  });

  it('cuts by bytes, and a single record over the limit still goes, alone', async () => {
    const buffer = makeBuffer({ maxItems: 100, maxBytes: 2000 });
    await buffer.accept(0, [output('a', 1, 'x'.repeat(1200)), output('b', 1, 'x'.repeat(1200)), output('c', 1)]);
    expect(announced[0]).toMatchObject({ trigger: 'bytes', records: 1 });
    await buffer.accept(0, [output('huge', 1, 'x'.repeat(5000))]);
    await buffer.cutAll('shutdown');
    const sizes = announced.map(({ records }) => records);
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(4);
    expect(await redis.hget(keys.meta, 'bytes')).toBe('0');
  });

  it('cuts by interval only when the oldest record has waited that long', async () => {
    await makeBuffer().accept(0, [output('a', 1)]);
    expect(await makeBuffer({ intervalMs: 60_000 }).cutAll('interval')).toBe(0);
    const hasty = makeBuffer({ intervalMs: 20 });
    await eventually(
      'due',
      () => hasty.cutAll('interval'),
      (n) => n === 1,
    );
  });

  it('a record that keeps changing is still due when its first version has waited long enough', async () => {
    const buffer = makeBuffer({ intervalMs: 150 });
    let version = 0;
    const changeAndLook = async () => {
      await buffer.accept(0, [output('busy', (version += 1))]);
      return buffer.cutAll('interval');
    };
    await eventually('due', changeAndLook, (cut) => cut === 1);
    expect(version).toBeGreaterThan(3);
  });

  it('two replicas that cut at once share the records, none twice', async () => {
    const [one, two] = [makeBuffer({ maxItems: 1000 }), makeBuffer({ maxItems: 1000 })];
    await one.accept(
      0,
      Array.from({ length: 200 }, (_, i) => output(`r${i}`, 1)),
    );
    const hasty = { maxItems: 7 };
    await Promise.all([makeBuffer(hasty).cutAll('shutdown'), makeBuffer(hasty).cutAll('shutdown')]);
    const ids = (await Promise.all(announced.map(({ batchId }) => versions(two, batchId)))).flat();
    expect(ids.length).toBe(200);
    expect(new Set(ids).size).toBe(200);
  });
});

describe('accept', () => {
  it('takes an output once however often the relay repeats it; control: a new number is taken', async () => {
    const buffer = makeBuffer({ maxItems: 100 });
    const outputs = [output('a', 1), output('b', 1)];
    await buffer.accept(0, outputs);
    await buffer.accept(0, outputs);
    expect(await redis.hget(keys.meta, 'n:accepted')).toBe('2');
    await buffer.accept(0, [output('c', 1)]);
    expect(await redis.hget(keys.meta, 'n:accepted')).toBe('3');
  });

  it('folds versions of one record that wait together, keeping its place', async () => {
    const buffer = makeBuffer({ maxItems: 100 });
    await buffer.accept(0, [output('a', 1), output('b', 1), output('a', 3), output('a', 2), output('b', 1, 'later')]);
    await buffer.cutAll('shutdown');
    expect(await versions(buffer, announced[0]?.batchId ?? '')).toEqual(['a@3', 'b@1']);
    // of equal versions the later comer
    expect((await buffer.read(announced[0]?.batchId ?? ''))[1]?.json).toContain('later');
  });
});

describe('settle', () => {
  const cutOne = async (buffer: BatchBuffer): Promise<string> => {
    await buffer.cutAll('shutdown');
    return announced.at(-1)?.batchId ?? '';
  };

  it('holds a newer version back until the older one is answered: order per record', async () => {
    const buffer = makeBuffer({ maxItems: 100 });
    await buffer.accept(0, [output('a', 1)]);
    const first = await cutOne(buffer);
    await buffer.accept(0, [output('a', 2), output('b', 1)]);
    expect(await versions(buffer, await cutOne(buffer))).toEqual(['b@1']);
    await buffer.settle(first, ['done']);
    expect(await versions(buffer, await cutOne(buffer))).toEqual(['a@2']);
  });

  it('what failed goes back to the front, folded with its newer version, and counts its rounds', async () => {
    const buffer = makeBuffer({ maxItems: 100 });
    await buffer.accept(0, [output('a', 1), output('b', 1), output('c', 1)]);
    const first = await cutOne(buffer);
    await buffer.accept(0, [output('b', 2), output('d', 1)]);
    await buffer.settle(first, ['retry', 'retry', 'done']);
    const second = await cutOne(buffer);
    expect(await versions(buffer, second)).toEqual(['a@1', 'b@2', 'd@1']);
    expect((await buffer.read(second)).map(({ attempts }) => attempts)).toEqual([1, 0, 0]);
  });

  it('what failed rests first: nothing hurries it, and its newer versions fold into it meanwhile', async () => {
    const buffer = makeBuffer({ maxItems: 100 }, 60_000);
    await buffer.accept(0, [output('a', 1), output('b', 1)]);
    const first = await cutOne(buffer);
    await buffer.settle(first, ['retry', 'done']);
    await buffer.accept(0, [output('a', 2), output('c', 1)]);
    expect(await versions(buffer, await cutOne(buffer))).toEqual(['c@1']);
    expect(await redis.zscore(keys.resting, 'a')).not.toBeNull();
    await redis.zadd(keys.resting, 1, 'a');
    expect(await versions(buffer, await cutOne(buffer))).toEqual(['a@2']);
    expect([await redis.hlen(keys.blocked), await redis.zcard(keys.resting)]).toEqual([0, 0]);
  });

  it('rests twice as long each round, up to a bound', async () => {
    const buffer = new BatchBuffer({ ...needs(), rest: { initialMs: 1000, maxMs: 3000 } });
    await buffer.accept(0, [output('a', 1)]);
    const rests: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const batch = await cutOne(buffer);
      const [seconds = '0', micros = '0'] = (await redis.time()).map(String);
      await buffer.settle(batch, ['retry']);
      const due = Number(await redis.zscore(keys.resting, 'a'));
      rests.push(Math.round((due - Number(seconds) * 1000 - Number(micros) / 1000) / 500) * 500);
      await redis.zadd(keys.resting, 1, 'a');
    }
    expect(rests).toEqual([1000, 2000, 3000, 3000]);
  });

  it('settled twice counts once', async () => {
    const buffer = makeBuffer();
    await buffer.accept(0, [output('a', 1)]);
    const batch = await cutOne(buffer);
    expect(await buffer.settle(batch, ['done'])).toBe(true);
    expect(await buffer.settle(batch, ['done'])).toBe(false);
    expect(await redis.hget(keys.meta, 'n:delivered')).toBe('1');
  });

  it('split makes two batches of the same records in the same order', async () => {
    const buffer = makeBuffer({ maxItems: 100 });
    await buffer.accept(
      0,
      ['a', 'b', 'c'].map((id) => output(id, 1)),
    );
    const whole = await cutOne(buffer);
    await buffer.split(whole, 3);
    const halves = announced.slice(-2);
    expect(halves.map(({ records }) => records)).toEqual([1, 2]);
    expect((await Promise.all(halves.map(({ batchId }) => versions(buffer, batchId)))).flat()).toEqual(['a@1', 'b@1', 'c@1']); // prettier-ignore
    expect(await buffer.read(whole)).toEqual([]);
  });

  it('a batch whose announcement was lost is announced again', async () => {
    const buffer = makeBuffer({ maxItems: 100 });
    await buffer.accept(0, [output('a', 1)]);
    const batch = await cutOne(buffer);
    announced = [];
    await redis.zadd(keys.cut, 1, batch);
    await buffer.announceForgotten(5000);
    expect(announced.map(({ batchId }) => batchId)).toEqual([batch]);
    announced = [];
    await buffer.announceForgotten(5000);
    expect(announced).toEqual([]);
  });
});
