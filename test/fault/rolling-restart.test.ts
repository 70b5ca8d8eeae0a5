// A rolling restart of every role under load: told to stop by SIGTERM, gone with 0, succeeded, then the next one. The
// emulators stand for the platform and the CRM, which nobody restarts. This CRM takes its time and forgets every
// idempotency key at once, so that what is sent twice is applied twice, and seen. Invariant: nothing doubled or lost.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCrew, type Member } from '../../bench/chaos/crew.ts';
import { freePort } from '../../src/cli/up/ports.ts';
import { environmentFor } from '../../src/config/document.ts';
import { GapLedger } from '../../src/stores/gaps/ledger.ts';
import { readiness } from '../support/readiness.ts';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, PATCHES, type Build } from '../support/fault-build.ts';
import { HttpSender } from '../support/http-sender.ts';
import { differences } from '../support/ledger-comparison.ts';
import { startProduct, type Product } from '../support/product.ts';

type Role = 'ingester' | 'worker' | 'api';
const FLEET: readonly Role[] = ['ingester', 'ingester', 'worker', 'worker', 'api'];
const EVENTS_TOKEN = 'a-token-of-the-sender';
/** A batch is nearly always under way. */
const CRM_MS = 150;

let build: Build;
let deaf: Build;
beforeAll(() => {
  build = compiledCopy();
  deaf = compiledCopy(PATCHES.withoutEnd);
});
afterAll(() => {
  for (const each of [build, deaf]) each.remove();
});

interface Deployment {
  readonly product: Product;
  /** The product's own entry, to its readiness: as an orchestrator starts it before it stops the next. */
  readonly start: (role: Role) => Promise<Member>;
}

interface Options {
  readonly of?: Build;
  readonly crmForgets: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

async function deployed(
  { of = build, crmForgets, env }: Options,
  body: (deployment: Deployment) => Promise<void>,
): Promise<void> {
  const product = await startProduct({
    speed: 400,
    // conversations can be read to the end of the test, however fast they pass
    emulator: { heartbeatMs: 200, graceMs: 1e9, analytics: { queryLagMs: 300 } },
    crm: crmForgets ? { maxKeys: 0 } : {},
    env: {
      THROUGHLINE_API_PORT: String(await freePort('127.0.0.1')),
      THROUGHLINE_EVENTS_TOKEN: EVENTS_TOKEN,
      THROUGHLINE_CONVERSATION_UPDATE_TARGET: 'platform',
      THROUGHLINE_GAP_SETTLE_SECONDS: '1',
      // the budget has tests of its own
      THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '60000',
      ...env,
    },
  });
  const environment = { PATH: process.env['PATH'], ...environmentFor(product.config) };
  const crew = createCrew({ processes: of.processes, environment });
  const start = async (role: Role): Promise<Member> => {
    const member = crew.start('../../workers/main', '--role', role);
    expect(await member.ready).toBe(true);
    await eventually(
      'ready',
      () => readiness(product.base, member.pid),
      (status) => status === 200,
    );
    return member;
  };
  try {
    await body({ product, start });
  } finally {
    await crew.killAll();
    await product.close();
  }
}

const answerLate = ({ crm }: Product, delayMs: number, times: number): void => {
  crm.faults.add({ status: 200, times, delayMs, recordStatus: 500 });
};

/** 0 is said only by a process that has finished within its drain deadline (src/runtime/lifecycle.ts). */
async function restart({ product, start }: Deployment, role: Role, member: Member): Promise<void> {
  member.signal('SIGTERM');
  expect({ role, ...(await member.ended) }).toEqual({ role, code: 0, signal: null });
  await start(role);
  const before = await product.counted('n:events');
  await eventually(
    'load goes on',
    () => product.counted('n:events'),
    (events) => events > before,
  );
}

const entries = ({ platform }: Product) => platform.driver.ledger().conversations;
const isLifeOver = (product: Product): boolean => entries(product).every(({ settled }) => settled);

/** What the CRM does not hold as the platform has it. */
function missingInCrm(product: Product): string[] {
  const statusOf = (id: string): unknown => product.crm.records.find(id)?.record['status'];
  return entries(product).flatMap(({ conversationId: id, participants }) => {
    const messages = participants.flatMap((one) => Object.entries(one.messages ?? {}));
    const late = messages.filter(([messageId, status]) => statusOf(`${id}/${messageId}`) !== status);
    return [...(statusOf(id) === 'ended' ? [] : [id]), ...late.map(([messageId]) => `${id}/${messageId}`)];
  });
}

/** Conversations that somebody answered and that were not told so. */
const untold = (product: Product): string[] =>
  entries(product)
    .filter(({ participants }) => participants.some(({ connectedTime }) => connectedTime !== undefined))
    .map(({ conversationId }) => conversationId)
    .filter((id) => !product.platform.driver.find(id)?.customAttributes.has(id));

const ends = (what: string, look: () => Promise<string[]> | string[]): Promise<string[]> =>
  eventually(what, look, (list) => list.length === 0, 20_000).catch(look);

describe('a rolling restart of every role under load', () => {
  it('doubles nothing, loses nothing, and takes no longer than it may', { timeout: 240_000 }, async () => {
    await deployed({ crmForgets: true }, async (deployment) => {
      const { product, start } = deployment;
      const { base, platform } = product;
      answerLate(product, CRM_MS, 1_000_000);
      const fleet = await Promise.all(FLEET.map(async (role) => [role, await start(role)] as const));
      platform.driver.setRate(180);
      const sender = new HttpSender(`http://127.0.0.1:${product.config.apiPort}`, EVENTS_TOKEN);
      for (const [role, member] of fleet) await restart(deployment, role, member);
      platform.driver.setRate(0);
      const sent = await sender.stop();
      await eventually('life is over', () => isLifeOver(product), Boolean, 30_000);
      expect(await ends('as the ledger', () => differences(base, entries(product)))).toEqual([]);
      expect(await ends('as was sent by HTTP', () => sent.missing(base))).toEqual([]);
      expect(await ends('in the CRM', () => missingInCrm(product))).toEqual([]);
      expect(await ends('conversations told', () => untold(product))).toEqual([]);
      expect(await product.counted('n:deadLetters')).toBe(0);
      const { outOfOrder, keyReuses, repeated } = product.crm.totals();
      expect({ outOfOrder, keyReuses, repeated }).toEqual({ outOfOrder: 0, keyReuses: 0, repeated: 0 });
      const gaps = new GapLedger(base.redis, base.keys.gaps);
      const whole = await eventually(
        'gaps repaired',
        () => gaps.summary(),
        ({ byState }) => byState.open + byState.repairing === 0,
      );
      expect(whole).toMatchObject({ completeness: 1, byState: { lost: 0 } });
      process.stdout.write(
        `rolled under load: ${entries(product).length} conversations, ${platform.status().changes} changes told, ` +
          `${sent.count} events by HTTP (${sent.repeated} tries more)\n`,
      );
    });
  });
});

describe.concurrent('a worker that cannot finish', () => {
  /** It has taken the batch, and does not say so. The successor's try is answered. */
  const succeed = (crmForgets: boolean, judge: (product: Product) => Promise<void>): Promise<void> =>
    deployed({ crmForgets }, async ({ product, start }) => {
      const [, worker] = await Promise.all([start('ingester'), start('worker')]);
      answerLate(product, 60_000, 1);
      product.platform.driver.start(10);
      await eventually('a batch under way', () => product.crm.totals().batches, Boolean);
      worker.signal('SIGTERM');
      expect(await worker.ended).toEqual({ code: 0, signal: null });
      await start('worker');
      await judge(product);
    });

  it('because its CRM hangs is gone in time; the batch is sent again under its key, which the CRM knows', async () => {
    await succeed(false, async (product) => {
      await eventually('known', () => product.crm.totals().duplicatesByKey, Boolean);
      expect(product.crm.totals()).toMatchObject({ repeated: 0, keyReuses: 0, outOfOrder: 0 });
    });
  });

  it('control: where the CRM forgets its keys this is seen as doubled', async () => {
    await succeed(true, async (product) => {
      await eventually('doubled', () => product.crm.totals().repeated, Boolean);
    });
  });

  it('control: one that never finishes is gone at its drain deadline, and says so by its exit code', async () => {
    const options = { of: deaf, crmForgets: true, env: { THROUGHLINE_DRAIN_DEADLINE_MS: '1000' } };
    await deployed(options, async ({ start }) => {
      const worker = await start('worker');
      worker.signal('SIGTERM');
      expect(await worker.ended).toEqual({ code: 1, signal: null });
    });
  });
});
