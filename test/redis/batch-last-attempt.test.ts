// A batch whose attempts are spent ends as dead letters of its records, which can be replayed; what costs no attempt, and
// what cannot be read beside what can, ends nothing else.
import { afterEach, describe, expect, it } from 'vitest';
import { Conflict, Interrupted, Retryable, Throttled } from '../../src/runtime/errors.ts';
import type { RecordVerdict } from '../../src/runtime/stage.ts';
import { batchWorld, type BatchWorld } from '../support/batch-world.ts';

const limits = { maxItems: 3, maxBytes: 1_000_000, intervalMs: 60_000 };
/** Of three: see batch-world. */
const LAST = { attemptsMade: 2 };
const records = ['a', 'b', 'c'].map((recordId) => ({ recordId, version: 1 }));

let world: BatchWorld;
afterEach(() => world.close());

async function cutBatch(send: () => Promise<readonly RecordVerdict[]>): Promise<string> {
  world = batchWorld({ limits, send });
  await world.accept(...records);
  return [...world.jobs][0] ?? expect.fail('no batch was cut');
}
const letters = () => world.deadLetters.map(({ record, code }) => `${record.recordId} ${code}`);

describe('the last attempt', () => {
  it.each([
    ['an answer of 500', new Retryable('crm_unavailable', 'the CRM answered 500 to a batch'), 'crm_unavailable'],
    ['a conflict', new Conflict('crm_conflict', 'the CRM answered 409 to a batch'), 'crm_conflict'],
    ['what nobody foresaw', new TypeError('jane@example.com'), 'unexpected'],
  ])(
    'that meets %s sets every record aside with its evidence, and leaves nothing in flight',
    async (_what, failure, code) => {
      const batchId = await cutBatch(() => Promise.reject(failure));
      expect([await world.run(batchId, { attemptsMade: 1 }), letters()]).toEqual(['kept', []]);
      expect(await world.run(batchId, LAST)).toBe('ended');
      expect(letters()).toEqual([`a ${code}`, `b ${code}`, `c ${code}`]);
      expect(world.deadLetters[0]?.message).toMatch(/^given up after 3 attempts: /);
      expect(JSON.stringify([world.deadLetters, world.lines])).not.toContain('jane');
      expect(await world.redis.exists(world.keys.inFlight, world.keys.cut, world.keys.batch(batchId))).toBe(0);
      expect(world.lines.join('')).toContain('(3 records) was refused');
    },
  );

  it('leaves what came meanwhile to go out, and a letter can be put back', async () => {
    let down = true;
    const taken: string[] = [];
    world = batchWorld({
      limits,
      send: (batch) => {
        if (down) return Promise.reject(new Retryable('crm_unavailable', 'down'));
        taken.push(...batch.map(({ recordId, version }) => `${recordId}${version}`));
        return Promise.resolve(batch.map(() => ({ kind: 'done' })));
      },
    });
    await world.accept(...records);
    const [batchId = ''] = world.jobs;
    await world.accept({ recordId: 'b', version: 2 });
    await world.run(batchId, LAST);
    down = false;
    for (const { record } of world.deadLetters) await world.buffer.restore(record.json, record.receivedAt);
    await world.buffer.cutAll('shutdown');
    for (const job of world.jobs) await world.run(job);
    // of b the newer version is the truth, whatever its letter held
    expect(taken.toSorted()).toEqual(['a1', 'b2', 'c1']);
  });

  it.each([
    ['a pause', new Throttled('crm_throttled', 'the CRM answered 429', 1000)],
    ['a stop', new Interrupted()],
  ])('that meets %s was none', async (_what, failure) => {
    const batchId = await cutBatch(() => Promise.reject(failure));
    expect([await world.run(batchId, LAST), letters()]).toEqual(['kept', []]);
  });

  it('under way when the process stops was none', async () => {
    const stopping = new AbortController();
    const batchId = await cutBatch(() => {
      stopping.abort(new Interrupted());
      return Promise.reject(new Retryable('timeout', 'the CRM did not answer'));
    });
    expect([await world.run(batchId, { ...LAST, signal: stopping.signal }), letters()]).toEqual(['kept', []]);
  });

  it('of which a crash interrupts the settling adds no letter twice', async () => {
    const batchId = await cutBatch(() => Promise.reject(new Retryable('crm_unavailable', 'down')));
    world.dieAt = 'batch.answered';
    expect(await world.run(batchId, LAST)).toBe('kept');
    expect(await world.run(batchId, LAST)).toBe('ended');
    expect(letters()).toHaveLength(3);
  });
});

describe('a record that cannot be read', () => {
  it('is set aside alone, unquoted; those beside it are sent', async () => {
    const sent: string[] = [];
    world = batchWorld({
      limits,
      send: (batch) => {
        sent.push(...batch.map(({ recordId }) => recordId));
        return Promise.resolve(batch.map(({ recordId }) => (recordId === 'c' ? { kind: 'reject', code: 'bad', message: 'bad' } : { kind: 'done' }))); // prettier-ignore
      },
    });
    const odd = { recordId: 'b', version: 1, pad: { secret: 1 } };
    await world.accept(...([records[0], odd, records[2]] as typeof records));
    expect(await world.run([...world.jobs][0] ?? '')).toBe('ended');
    expect([sent, letters()]).toEqual([
      ['a', 'c'],
      ['b record_invalid', 'c bad'],
    ]);
    expect(world.deadLetters[0]?.message).toBe('the record does not fit its schema: pad');
  });
});
