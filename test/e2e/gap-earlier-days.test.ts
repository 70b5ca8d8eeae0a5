// A conversation begun on an earlier day (UTC), unknown here, whose last frame falls into a gap: no frame will ever tell of
// it, and analytics names it only where that earlier day is asked for. The clock of product and emulator is put to just
// before midnight; it goes on as ever.
import { afterAll, beforeAll, describe, expect, it, vi, type TestContext } from 'vitest';
import type { Gap } from '../../src/stores/gaps/gap.ts';
import { eventually } from '../support/eventually.ts';
import { gapRig, type GapRig } from '../support/gap-rig.ts';

const DAY_MS = 86_400_000;
const BEFORE_MIDNIGHT_MS = 6000;

let midnight: number;
beforeAll(() => {
  const trueNow = Date.now.bind(Date);
  midnight = Math.ceil(trueNow() / DAY_MS) * DAY_MS;
  const ahead = midnight - BEFORE_MIDNIGHT_MS - trueNow();
  vi.spyOn(Date, 'now').mockImplementation(() => trueNow() + ahead);
});
afterAll(() => vi.restoreAllMocks());

/** Those that a gap can have hidden: begun the day before, ended inside it. */
async function hidden(rig: GapRig): Promise<readonly string[]> {
  const isOver = (all: readonly Gap[]): boolean => all.length > 0 && all.every(({ state }) => state === 'repaired');
  const [gap] = await eventually('repaired', () => rig.gaps(), isOver);
  const from = Math.max(midnight, gap?.from ?? 0);
  const found = rig
    .truth()
    .filter(({ startTime, endTime }) => Date.parse(startTime) < midnight && Date.parse(endTime ?? '') > from);
  expect(found.length).toBeGreaterThan(3);
  return found.map(({ conversationId }) => conversationId.slice(0, 8));
}

/** The very first start, after midnight; it hears nothing until all is over. */
async function firstStart(test: TestContext, earlierDays: string): Promise<GapRig> {
  const rig = await gapRig({
    speed: 100,
    env: {
      THROUGHLINE_GAP_EARLIER_DAYS: earlierDays,
      THROUGHLINE_GAP_LOOK_BACK_MINUTES: '0',
      THROUGHLINE_GAP_OVERLAP_SECONDS: '0',
    },
  });
  test.onTestFinished(() => rig.product.close());
  await rig.product.start('worker');
  await eventually('the last second of the day', Date.now, (now) => now > midnight - 1000);
  rig.start(25);
  await eventually('the next day', Date.now, (now) => now > midnight + 100);
  await rig.control('sockets/refuse', { times: 3 });
  await rig.product.start('ingester');
  await rig.lifeOver();
  expect(rig.product.platform.status().sockets).toBe(0);
  await rig.connected(1);
  return rig;
}

describe.concurrent('what began on an earlier day and was over before it was heard of', () => {
  it('is found', async (test) => {
    const rig = await firstStart(test, '30');
    const expected = await hidden(rig);
    const missing = async (): Promise<string[]> =>
      (await rig.wrong()).filter((text) => expected.some((id) => text.startsWith(id)));
    expect(await eventually('as the ledger', missing, (list) => list.length === 0, 5000).catch(missing)).toEqual([]);
  });

  it('control: is not, where only the gap’s own day is asked for', async (test) => {
    const rig = await firstStart(test, '0');
    const wrong = await rig.wrong();
    for (const id of await hidden(rig)) expect(wrong).toContain(`${id} is missing`);
  });
});
