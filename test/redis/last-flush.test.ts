// The last flush of a worker that stops while others go on: it waits for the batches that were cut by then, and for no
// others, so that its stop is bounded under any load.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchWorld, type BatchWorld } from '../support/batch-world.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';

let world: BatchWorld;
beforeEach(() => {
  const limits = { maxItems: 1, maxBytes: 100_000, intervalMs: 60_000 };
  world = batchWorld({ limits, send: (records) => Promise.resolve(records.map(() => ({ kind: 'done' }))) });
});
afterEach(() => world.close());

async function flush(ms: number) {
  const clock = createFakeClock();
  let isOver = false;
  const over = world.buffer.untilSettled(ms, clock).then(() => (isOver = true));
  const looked = (): Promise<unknown> => eventually('it waits', () => clock.waits().length, Boolean);
  await looked();
  return { clock, over, looked, isOver: () => isOver };
}
const unsettled = (): Promise<number> => world.redis.zcard(world.keys.cut);

describe('the last flush', () => {
  it('waits for what was cut before, not for what others cut meanwhile', async () => {
    await world.accept({ recordId: 'a', version: 1 });
    const [own = ''] = world.jobs;
    const { clock, over, looked, isOver } = await flush(5000);
    await world.accept({ recordId: 'b', version: 1 });
    clock.advance(50);
    await looked();
    expect(isOver()).toBe(false);
    await world.run(own);
    clock.advance(50);
    await over;
    expect(await unsettled()).toBe(1);
  });

  it('gives up after its time: the batch waits in Redis', async () => {
    await world.accept({ recordId: 'a', version: 1 });
    const { clock, over } = await flush(50);
    clock.advance(50);
    await over;
    expect(await unsettled()).toBe(1);
  });
});
