// No gap: whatever takes the live stream away, the pipeline ends with what the emulator's own ledger says. Every case has
// its control: the same with repair switched off ends with less. The emulator lives several hundred times faster than
// life, so a second without a socket is minutes of conversations.
import { afterEach, describe, expect, it } from 'vitest';
import { GapLedger } from '../../src/stores/gaps/ledger.ts';
import type { Gap } from '../../src/stores/gaps/gap.ts';
import type { RunningRole } from '../../workers/roles/foundation.ts';
import { eventually } from '../support/eventually.ts';
import { differences } from '../support/ledger-comparison.ts';
import { startProduct, type Product } from '../support/product.ts';

let product: Product;
afterEach(async () => product.close());

const SETTINGS = {
  // the budget has tests of its own; here it would only take time
  THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '60000',
  THROUGHLINE_GAP_SETTLE_SECONDS: '1',
  THROUGHLINE_GAP_OVERLAP_SECONDS: '60',
  THROUGHLINE_GAP_LOOK_BACK_MINUTES: '1',
};

async function begin(env: Readonly<Record<string, string>> = {}, speed = 400): Promise<RunningRole> {
  const emulator = { heartbeatMs: 200, analytics: { queryLagMs: 300, drift: 2 } };
  product = await startProduct({ speed, env: { ...SETTINGS, ...env }, emulator });
  await product.start('worker');
  const ingester = await product.start('ingester');
  await connected(1);
  return ingester;
}

const connected = (sockets: number): Promise<unknown> =>
  eventually(
    'sockets',
    () => product.platform.status().sockets,
    (open) => open === sockets,
  );
const ledger = (): GapLedger => new GapLedger(product.base.redis, product.base.keys.gaps);
const gaps = (): Promise<readonly Gap[]> => ledger().list(100);
const applied = (least: number): Promise<unknown> =>
  eventually(
    'events',
    () => product.counted('n:events'),
    (events) => events >= least,
  );
const lifeOver = (): Promise<unknown> =>
  eventually(
    'life is over',
    () => product.platform.driver.ledger().conversations.every(({ settled }) => settled),
    Boolean,
    40_000,
  );
const oneChannel = async (): Promise<string | undefined> => {
  const response = await fetch(`${product.platform.url}/emulator/channels`);
  return ((await response.json()) as { channels: { id: string }[] }).channels[0]?.id;
};
const control = async (path: string, body: object = {}): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  expect((await fetch(`${product.platform.url}/emulator/${path}`, request)).status).toBe(200);
};
/** Of every channel unless told which. */
const cut = (channelId?: string): Promise<void> => control('sockets/close', { code: 1006, channelId });
const wrong = (): Promise<string[]> => differences(product.base, product.platform.driver.ledger().conversations);
/** What differs from the ledger once nothing is left to repair. */
async function concluded(causes: number): Promise<string[]> {
  await lifeOver();
  const isOver = (all: readonly Gap[]): boolean =>
    all.length >= causes && all.every(({ settledAt }) => settledAt !== null);
  await eventually('repaired', gaps, isOver, 40_000);
  return eventually('as the ledger', wrong, (list) => list.length === 0, 5000).catch(wrong);
}
/** With repair off: what is missing for good. */
async function unrepaired(): Promise<string[]> {
  await lifeOver();
  await eventually(
    'nothing moves',
    async () => [await product.counted('n:events'), await product.counted('n:events')],
    ([before, after]) => before === after,
  );
  return wrong();
}

const OFF = { THROUGHLINE_GAP_REPAIR: 'off' };

describe('a socket that is cut under load', () => {
  const cutUnderLoad = async (env = {}): Promise<void> => {
    await begin(env);
    product.platform.driver.start(25);
    await applied(60);
    await cut();
    product.platform.driver.start(10);
    await connected(1);
    product.platform.driver.start(5);
  };

  it('loses nothing', async () => {
    await cutUnderLoad();
    expect(await concluded(2)).toEqual([]);
    const [gap] = await gaps();
    expect(gap).toMatchObject({ cause: 'closed', state: 'repaired', coveredBy: null, attempts: 0 });
    expect(gap?.reconciled).toBe(gap?.known);
    expect(gap?.changed).toBeGreaterThan(5);
    expect((gap?.to ?? 0) - (gap?.from ?? 0)).toBeGreaterThan(900);
    expect(await ledger().summary()).toMatchObject({ completeness: 1, byState: { open: 0, repairing: 0, lost: 0 } });
    // what was known already changed nothing: no record went out twice or backwards
    const { outOfOrder, keyReuses, repeated } = product.crm.totals();
    expect({ outOfOrder, keyReuses, repeated }).toEqual({ outOfOrder: 0, keyReuses: 0, repeated: 0 });
    expect(await product.counted('n:deadLetters')).toBe(0);
  });

  it('control: without repair conversations stay wrong', async () => {
    await cutUnderLoad(OFF);
    expect((await unrepaired()).length).toBeGreaterThan(5);
  });
});

describe('whatever else takes the stream away', () => {
  const again = (): Promise<unknown> =>
    eventually(
      'the stream is back',
      async () => (await gaps()).filter(({ cause, to }) => cause !== 'start' && to !== null).length,
      (over) => over > 0,
    );

  it.each([
    ['an evicted channel', 'no_longer_subscribed', () => control('channels/evict')],
    ['revoked tokens', 'token_revoked', () => control('tokens/revoke')],
    [
      'a cut with a token that expired meanwhile, and a server that refuses at first',
      'closed',
      async () => {
        await control('tokens/expire');
        await control('sockets/refuse', { times: 2 });
        await cut();
      },
    ],
  ])('%s loses nothing', async (_what, cause, take) => {
    await begin();
    product.platform.driver.start(20);
    await applied(50);
    await take();
    product.platform.driver.start(10);
    await again();
    expect(await concluded(2)).toEqual([]);
    expect((await gaps()).map((gap) => gap.cause)).toContain(cause);
    expect(product.failures).toEqual([]);
  });
});

describe('an ingester that is stopped and started again', () => {
  const stopAndStart = async (env = {}): Promise<void> => {
    const ingester = await begin(env);
    product.platform.driver.start(15);
    await applied(40);
    await product.stop(ingester);
    await connected(0);
    product.platform.driver.start(15);
    await lifeOver();
    await product.start('ingester');
    await connected(1);
  };

  it('finds what it never heard, from the last it did', async () => {
    await stopAndStart();
    expect(await concluded(2)).toEqual([]);
    const [last] = await gaps();
    expect(last).toMatchObject({ cause: 'start', state: 'repaired' });
    expect(last?.found).toBeGreaterThanOrEqual(15);
  });

  it('control: without repair it never does', async () => {
    await stopAndStart(OFF);
    expect((await unrepaired()).filter((one) => one.endsWith('is missing')).length).toBeGreaterThanOrEqual(10);
  });
});

describe('two ingesters on channels of their own', () => {
  const both = async (): Promise<RunningRole> => {
    const first = await begin();
    await product.start('ingester');
    await connected(2);
    expect(product.platform.status().channels).toBe(2);
    await eventually(
      'both have said for a second that they hear',
      async () => [...(await ledger().listeners()).values()],
      (all) => all.filter(({ wholeSince, wholeUntil }) => wholeUntil - (wholeSince ?? wholeUntil) > 1000).length === 2,
    );
    return first;
  };
  const eachOnce = (): void => {
    const { outOfOrder, keyReuses, repeated } = product.crm.totals();
    expect({ outOfOrder, keyReuses, repeated }).toEqual({ outOfOrder: 0, keyReuses: 0, repeated: 0 });
  };

  it('count each event once, and one covers the cut of the other', async () => {
    await both();
    product.platform.driver.start(15);
    await applied(60);
    await cut(await oneChannel());
    product.platform.driver.start(10);
    await connected(2);
    expect(await concluded(3)).toEqual([]);
    const [last] = await gaps();
    expect(last).toMatchObject({ cause: 'closed', state: 'repaired', known: 0, coveredBy: expect.any(String) });
    expect(last?.coveredBy).not.toBe(last?.ingester);
    eachOnce();
  });

  it('one covers the stop and start of the other', async () => {
    const first = await both();
    product.platform.driver.start(15);
    await applied(60);
    await product.stop(first);
    product.platform.driver.start(15);
    await applied(100);
    await product.start('ingester');
    await connected(2);
    expect(await concluded(3)).toEqual([]);
    expect((await gaps())[0]).toMatchObject({ cause: 'start', state: 'repaired', known: 0, coveredBy: expect.any(String) }); // prettier-ignore
    eachOnce();
  });
});
