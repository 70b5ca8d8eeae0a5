// The ingester is a process here, and is killed: under load, and again inside a gap of its own. Invariant: its successor
// ends with what the emulator's own ledger says; without repair it does not.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCrew, type Crew, type Member } from '../../bench/chaos/crew.ts';
import { environmentFor } from '../../src/config/document.ts';
import type { Gap } from '../../src/stores/gaps/gap.ts';
import { GapLedger } from '../../src/stores/gaps/ledger.ts';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, type Build } from '../support/fault-build.ts';
import { differences } from '../support/ledger-comparison.ts';
import { startProduct, type Product } from '../support/product.ts';

let build: Build;
let product: Product;
let crew: Crew;
beforeAll(() => {
  build = compiledCopy();
});
afterAll(() => build.remove());
beforeEach(async () => {
  product = await startProduct({
    speed: 200,
    emulator: { heartbeatMs: 200, analytics: { queryLagMs: 300, drift: 1 } },
    env: {
      THROUGHLINE_GAP_SETTLE_SECONDS: '1',
      THROUGHLINE_GAP_LOOK_BACK_MINUTES: '1',
      // the budget has tests of its own
      THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '60000',
    },
  });
  const environment = { PATH: process.env['PATH'], ...environmentFor(product.config) };
  crew = createCrew({ processes: build.processes, environment });
});
afterEach(async () => {
  await crew.killAll();
  await product.close();
});

const ledger = (): GapLedger => new GapLedger(product.base.redis, product.base.keys.gaps);
const startIngester = async (): Promise<Member> => {
  const member = crew.start('role-process', 'ingester');
  expect(await member.ready).toBe(true);
  await eventually(
    'a socket',
    () => product.platform.status().sockets,
    (open) => open === 1,
  );
  return member;
};
const wrong = (): Promise<string[]> => differences(product.base, product.platform.driver.ledger().conversations);

/** Killed under load; killed again while its socket is gone; then left alone. Who looks after that is the caller's. */
async function twoDeaths(): Promise<void> {
  const first = await startIngester();
  product.platform.driver.start(20);
  await eventually(
    'load',
    async () => (await product.base.redis.keys(`${product.config.redisPrefix}:*:log`)).length,
    (logs) => logs > 0,
  );
  first.signal('SIGKILL');
  await first.ended;
  product.platform.driver.start(10);
  const second = await startIngester();
  await eventually(
    'the gap of the start is over',
    () => ledger().unended(),
    (open) => open.length === 0,
  );
  await fetch(`${product.platform.url}/emulator/sockets/close`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"code":1006}',
  });
  await eventually(
    'the gap is known when it begins',
    () => ledger().unended(),
    (open) => open.length === 1,
  );
  second.signal('SIGKILL');
  await second.ended;
  product.platform.driver.start(10);
  await startIngester();
  await eventually(
    'life is over',
    () => product.platform.driver.ledger().conversations.every(({ settled }) => settled),
    Boolean,
    60_000,
  );
}

describe('an ingester that is killed', () => {
  it('leaves no hole, not even when it dies inside a gap', async () => {
    await product.start('worker');
    await twoDeaths();
    const isOver = (all: readonly Gap[]): boolean => all.every(({ settledAt }) => settledAt !== null);
    const all = await eventually('repaired', () => ledger().list(100), isOver, 60_000);
    expect(await eventually('as the ledger', wrong, (list) => list.length === 0, 5000).catch(wrong)).toEqual([]);
    expect(all.map(({ cause }) => cause).sort()).toEqual(['closed', 'start', 'start', 'start']);
    expect(all.filter(({ state }) => state !== 'repaired')).toEqual([]);
    expect(product.failures).toEqual([]);
  });
});

describe('control', () => {
  it('without repair the conversations of those gaps stay wrong', async () => {
    await twoDeaths();
    // a worker that only applies what was heard
    await crew.killAll();
    const environment = { PATH: process.env['PATH'], ...environmentFor(product.config), THROUGHLINE_GAP_REPAIR: 'off' };
    crew = createCrew({ processes: build.processes, environment });
    expect(await crew.start('role-process', 'worker').ready).toBe(true);
    await eventually(
      'all that was heard is applied',
      async () => {
        const logs = Array.from({ length: product.config.partitions }, (_p, p) => product.base.keys.partition(p).log);
        return (await Promise.all(logs.map((log) => product.base.redis.xlen(log)))).reduce((a, b) => a + b, 0);
      },
      (waiting) => waiting === 0,
    );
    expect((await wrong()).length).toBeGreaterThan(5);
  });
});
