// No gap: whatever takes the live stream away, the pipeline ends with what the emulator's own ledger says. Every case has
// its control: the same with repair switched off ends with less.
import { describe, expect, it, vi, type TestContext } from 'vitest';
import type { RunningRole } from '../../workers/roles/foundation.ts';
import { eventually } from '../support/eventually.ts';
import { gapRig, UNREPAIRED, type GapRig } from '../support/gap-rig.ts';
import type { ProductOptions } from '../support/product.ts';

// side by side: on a busy machine each waits for the others, too
vi.setConfig({ testTimeout: 120_000 });

/** Tests that run side by side end each by itself: the hook is the test's own. */
async function rigFor(test: TestContext, options: ProductOptions = {}): Promise<GapRig> {
  const rig = await gapRig(options);
  test.onTestFinished(() => rig.product.close());
  return rig;
}

describe.concurrent('a socket that is cut under load, and a server that refuses to open another at first', () => {
  const cutUnderLoad = async (test: TestContext, env = {}): Promise<GapRig> => {
    const rig = await rigFor(test, { env });
    await rig.begin();
    rig.start(25);
    await rig.applied(60);
    await rig.control('sockets/refuse', { times: 1 });
    await rig.cut();
    rig.start(10);
    await rig.connected(1);
    rig.start(5);
    return rig;
  };

  it('loses nothing', async (test) => {
    const rig = await cutUnderLoad(test);
    expect(await rig.concluded(2)).toEqual([]);
    const [gap] = await rig.gaps();
    expect(gap).toMatchObject({ cause: 'closed', state: 'repaired', coveredBy: null, attempts: 0 });
    expect(gap?.reconciled).toBe(gap?.known);
    expect(gap?.changed).toBeGreaterThan(5);
    // 3 s at this speed are 20 minutes of life
    expect((gap?.to ?? 0) - (gap?.from ?? 0)).toBeGreaterThan(2900);
    const states = { open: 0, repairing: 0, lost: 0 };
    expect(await rig.ledger.summary()).toMatchObject({ completeness: 1, byState: states });
    rig.eachOnce();
    expect(await rig.product.counted('n:deadLetters')).toBe(0);
  });

  it('control: without repair conversations stay wrong', async (test) => {
    const rig = await cutUnderLoad(test, UNREPAIRED);
    expect((await rig.unrepaired()).length).toBeGreaterThan(5);
  });
});

describe.concurrent.each<[string, string, (rig: GapRig) => Promise<void>]>([
  ['a channel that is evicted', 'no_longer_subscribed', (rig) => rig.control('channels/evict')],
  ['tokens that are revoked', 'token_revoked', (rig) => rig.control('tokens/revoke')],
  [
    'a token that expires in mid-stream, found out by a cut',
    'closed',
    async (rig) => {
      await rig.control('tokens/expire');
      await rig.cut();
    },
  ],
])('%s', (_what, cause, take) => {
  const taken = async (test: TestContext, env = {}): Promise<GapRig> => {
    const rig = await rigFor(test, { env });
    await rig.begin();
    rig.start(20);
    await rig.applied(50);
    await take(rig);
    rig.start(10);
    await rig.again();
    expect((await rig.gaps()).map((gap) => gap.cause)).toContain(cause);
    return rig;
  };

  it('costs nothing', async (test) => {
    const rig = await taken(test);
    expect(await rig.concluded(2)).toEqual([]);
    expect(rig.product.failures).toEqual([]);
  });

  it('control: without repair conversations stay wrong', async (test) => {
    const rig = await taken(test, UNREPAIRED);
    expect((await rig.unrepaired()).length).toBeGreaterThan(3);
  });
});

describe.concurrent('an ingester that is stopped and started again', () => {
  const stopAndStart = async (test: TestContext, env = {}): Promise<GapRig> => {
    const rig = await rigFor(test, { env });
    const ingester = await rig.begin();
    rig.start(15);
    await rig.applied(40);
    await rig.product.stop(ingester);
    await rig.connected(0);
    rig.start(15);
    await rig.lifeOver();
    await rig.product.start('ingester');
    await rig.connected(1);
    return rig;
  };

  it('finds what it never heard, from the last it did', async (test) => {
    const rig = await stopAndStart(test);
    expect(await rig.concluded(2)).toEqual([]);
    const [last] = await rig.gaps();
    expect(last).toMatchObject({ cause: 'start', state: 'repaired' });
    expect(last?.found).toBeGreaterThanOrEqual(15);
  });

  it('control: without repair it never does', async (test) => {
    const rig = await stopAndStart(test, UNREPAIRED);
    expect((await rig.unrepaired()).filter((one) => one.endsWith('is missing')).length).toBeGreaterThanOrEqual(10);
  });
});

describe.concurrent('1,500 topics over two channels', () => {
  const manyQueues = async (test: TestContext, env: Readonly<Record<string, string>> = {}): Promise<GapRig> => {
    const topics = { THROUGHLINE_GENESYS_USERS: 'none', ...env };
    const rig = await rigFor(test, { env: topics, emulator: { queues: 1500, agents: 1500 } });
    await rig.product.start('worker');
    await rig.product.start('ingester');
    return rig;
  };

  it('are all heard; what the cut of one channel hid is found', async (test) => {
    const rig = await manyQueues(test);
    await rig.connected(2);
    const channels = await rig.channels();
    expect([...channels.values()].toSorted((a, b) => a - b)).toEqual([500, 1000]);
    rig.start(60);
    await rig.applied(100);
    await rig.cut([...channels].find(([, topics]) => topics === 500)?.[0]);
    rig.start(20);
    await rig.connected(2);
    // one start a channel
    expect(await rig.concluded(3)).toEqual([]);
    expect((await rig.gaps())[0]).toMatchObject({ cause: 'closed', state: 'repaired' });
  });

  it('control: one channel hears two thirds of them', async (test) => {
    const rig = await manyQueues(test, { THROUGHLINE_GENESYS_MAX_CHANNELS: '1', ...UNREPAIRED });
    await rig.connected(1);
    expect([...(await rig.channels()).values()]).toEqual([1000]);
    rig.start(60);
    expect((await rig.unrepaired()).filter((one) => one.endsWith('is missing')).length).toBeGreaterThan(5);
  });
});

describe.concurrent('two ingesters on channels of their own', () => {
  const both = async (test: TestContext): Promise<{ readonly rig: GapRig; readonly first: RunningRole }> => {
    const rig = await rigFor(test);
    const first = await rig.begin();
    await rig.product.start('ingester');
    await rig.connected(2);
    expect(rig.product.platform.status().channels).toBe(2);
    await eventually(
      'both have said for a second that they hear',
      async () => [...(await rig.ledger.listeners()).values()],
      (all) => all.filter(({ wholeSince, wholeUntil }) => wholeUntil - (wholeSince ?? wholeUntil) > 1000).length === 2,
    );
    return { rig, first };
  };

  it('count each event once, and one covers the cut of the other', async (test) => {
    const { rig } = await both(test);
    rig.start(15);
    await rig.applied(60);
    const [one] = (await rig.channels()).keys();
    await rig.cut(one);
    rig.start(10);
    await rig.connected(2);
    expect(await rig.concluded(3)).toEqual([]);
    const [last] = await rig.gaps();
    expect(last).toMatchObject({ cause: 'closed', state: 'repaired', known: 0, coveredBy: expect.any(String) });
    expect(last?.coveredBy).not.toBe(last?.ingester);
    // its control is test/fault/two-ingesters.test.ts
    expect(await rig.appliedTwice()).toEqual([]);
    rig.eachOnce();
  });

  it('one covers the stop and start of the other', async (test) => {
    const { rig, first } = await both(test);
    rig.start(15);
    await rig.applied(60);
    await rig.product.stop(first);
    rig.start(15);
    await rig.applied(100);
    await rig.product.start('ingester');
    await rig.connected(2);
    expect(await rig.concluded(3)).toEqual([]);
    const [last] = await rig.gaps();
    expect(last).toMatchObject({ cause: 'start', state: 'repaired', known: 0, coveredBy: expect.any(String) });
    rig.eachOnce();
  });
});
