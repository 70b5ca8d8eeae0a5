// A batch refused whole is halved until the bad record stands alone; every split is one readable line without a payload.
import { afterEach, describe, expect, it } from 'vitest';
import { Poison } from '../../src/runtime/errors.ts';
import { batchWorld, type BatchWorld, type Send } from '../support/batch-world.ts';

let world: BatchWorld;
afterEach(() => world.close());

const limits = { maxItems: 50, maxBytes: 1_000_000, intervalMs: 60_000 };
const records = Array.from({ length: 50 }, (_, index) => ({
  recordId: `r${index}`,
  version: 1,
  pad: 'jane@example.com',
}));

/** Refuses whole what holds one of these; counts what it took. */
const refusing =
  (bad: readonly string[], taken: string[] = []): Send =>
  (batch) => {
    if (batch.some(({ recordId }) => bad.includes(recordId))) throw new Poison('crm_refused', 'the CRM answered 400 to a batch'); // prettier-ignore
    taken.push(...batch.map(({ recordId }) => recordId));
    return Promise.resolve(batch.map(() => ({ kind: 'done' })));
  };

async function runAll(): Promise<void> {
  for (let rounds = 0; world.jobs.size > 0 && rounds < 200; rounds += 1) {
    for (const batchId of world.jobs) await world.run(batchId);
  }
}

describe('bisect', () => {
  it('finds one bad record of 50 in 5 splits; 49 are delivered once, in order', async () => {
    const taken: string[] = [];
    world = batchWorld({ limits, send: refusing(['r37'], taken) });
    await world.accept(...records);
    await runAll();
    expect(taken.toSorted()).toEqual(records.map(({ recordId }) => recordId).filter((id) => id !== 'r37').toSorted()); // prettier-ignore
    expect(world.deadLetters.map(({ record, code }) => [record.recordId, code])).toEqual([['r37', 'crm_refused']]);
    const said = world.lines.map((line) => JSON.parse(line) as { msg: string; size: number });
    expect(said.map(({ size }) => size)).toEqual([50, 25, 13, 6, 3, 1]);
    expect(said[0]?.msg).toMatch(/^bisect: batch-\S+ \(50 records\) was refused whole, crm_refused: split into batch-\S+ \(25\) and batch-\S+ \(25\)$/); // prettier-ignore
    expect(said.at(-1)?.msg).toMatch(/^bisect: batch-\S+ \(1 record\) was refused, crm_refused: this record goes to the dead letters$/); // prettier-ignore
    expect(world.lines.join('')).not.toMatch(/jane|r37/);
  });

  it('control: a batch that nobody refuses is not split and says nothing', async () => {
    const taken: string[] = [];
    world = batchWorld({ limits, send: refusing([], taken) });
    await world.accept(...records);
    await runAll();
    expect(taken).toEqual(records.map(({ recordId }) => recordId));
    expect(world.lines).toEqual([]);
  });

  it.each(['batch.read', 'batch.answered', 'batch.settled'] as const)(
    'a process that dies at %s in the middle of it loses nothing',
    async (step) => {
      const taken: string[] = [];
      world = batchWorld({ limits, send: refusing(['r3', 'r44'], taken) });
      await world.accept(...records);
      for (let rounds = 0; world.jobs.size > 0 && rounds < 200; rounds += 1) {
        world.dieAt = rounds % 2 === 0 ? step : undefined;
        for (const batchId of world.jobs) await world.run(batchId);
        await world.buffer.announceForgotten(0);
      }
      expect(new Set(taken).size).toBe(48);
      expect(new Set(world.deadLetters.map(({ record }) => record.recordId))).toEqual(new Set(['r3', 'r44']));
      expect(await world.redis.hgetall(world.keys.inFlight)).toEqual({});
    },
  );
});
