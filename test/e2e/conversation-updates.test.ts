// Conversations told of their own moves, through the whole path: what the resource holds in the end is what was told,
// whatever happened on the way.
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { conversationStateSchema, type ConversationState } from '../../src/domain/conversation/state.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { fieldsIn } from '../../src/sinks/conversation/stamped-values.ts';
import { EtagStores } from '../support/etag-stores.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';
import { PlatformStores } from '../support/platform-stores.ts';
import type { VersionedStores } from '../support/versioned-stores.ts';

const STAMPS = 'throughlineStamps';
const EVERY_MOVE = 'pending,joined,active,held,left,failed';

let stores: EtagStores;
let product: Product;
beforeEach(async () => {
  stores = await EtagStores.start();
});
afterEach(async () => {
  await product.close();
  await stores.close();
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const named = {
    THROUGHLINE_CONVERSATION_UPDATE_TARGET: 'http',
    THROUGHLINE_CONVERSATION_UPDATE_URL: `${stores.url}/conversations/{conversationId}`,
    ...env,
  };
  product = await startProduct({ env: named });
  await startRoles();
}

async function startRoles(): Promise<void> {
  await product.start('worker');
  await product.start('ingester');
  await eventually(
    'stream connected',
    () => product.platform.status().sockets,
    (open) => open > 0,
  );
}

const ledger = () => product.platform.driver.ledger().conversations;
const allTold = () => eventually('all told', () => ledger().every(({ settled }) => settled), Boolean, 40_000);
const inCrm = () =>
  eventually(
    'all in the CRM',
    () => ledger().filter(({ conversationId: id }) => product.crm.records.find(id)?.record?.['status'] !== 'ended'),
    (missing) => missing.length === 0,
    40_000,
  );

async function states(): Promise<ConversationState[]> {
  const { redis, config } = product.base;
  const found = await redis.keys(`${config.redisPrefix}:*:st:*`);
  const texts = await Promise.all(found.map((key) => redis.get(key)));
  return texts.flatMap((text) => (text === null ? [] : [conversationStateSchema.parse(JSON.parse(text))]));
}

/** Conversations whose resource does not hold what they were told. */
const behind = async (held: VersionedStores): Promise<string[]> =>
  (await states())
    .filter(({ conversationId: id, told = {} }) => {
      const { note: _, ...fields } = fieldsIn(held.valuesOf(id), STAMPS);
      return JSON.stringify(fields) !== JSON.stringify(told);
    })
    .map(({ conversationId }) => conversationId);
const caughtUp = (held: VersionedStores = stores) =>
  eventually(
    'caught up',
    () => behind(held),
    (ids) => ids.length === 0,
    40_000,
  );

async function letters() {
  const { base } = product;
  const queue = openQueue(deadLettersQueue, base.connection, base.keys, base.onRedisError);
  const parked = (count: number) =>
    eventually(
      `${count} letters`,
      () => queue.getFailed(),
      (jobs) => jobs.length === count,
      // eight rounds with rests that double between them
      100_000,
    );
  return { queue, parked };
}

describe('a conversation', () => {
  it('is told when a participant becomes active', async () => {
    await start();
    product.platform.driver.start(20);
    await allTold();
    await inCrm();
    await caughtUp();
    const answered = ledger().filter(({ participants }) => participants.some(({ connectedTime }) => connectedTime));
    expect(answered.length).toBeGreaterThan(10);
    for (const { conversationId, participants } of answered) {
      const { participantState } = fieldsIn(stores.valuesOf(conversationId), STAMPS);
      const latest = Math.max(...participants.map(({ connectedTime }) => Date.parse(connectedTime ?? '') || 0));
      expect(participantState?.value).toBe('active');
      expect(participantState?.at).toBeGreaterThanOrEqual(latest);
    }
    expect(product.failures).toEqual([]);
  });

  it('is told of what happens while an update is under way in one update more', async () => {
    await start({ THROUGHLINE_CONVERSATION_UPDATE_MOVES: EVERY_MOVE });
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const writes = new Map<string, number>();
    stores.beforeWrite = (id) => {
      writes.set(id, (writes.get(id) ?? 0) + 1);
      return opened;
    };
    product.platform.driver.start(6);
    await allTold();
    await inCrm();
    open();
    await caughtUp();
    expect(Math.max(...writes.values())).toBe(2);
    const moves = await product.counted('n:moves');
    expect(stores.written).toBeLessThan(moves / 2);
  });

  it('is told all of it across a restart of every role', async () => {
    await start({ THROUGHLINE_CONVERSATION_UPDATE_MOVES: EVERY_MOVE });
    product.platform.driver.start(20);
    await eventually(
      'first updates',
      () => stores.written,
      (written) => written > 5,
    );
    await product.restartRoles();
    await allTold();
    await caughtUp();
    expect(product.failures).toEqual([]);
  });

  it('is told nothing, and nothing is kept for it, where no target is named', async () => {
    await start({ THROUGHLINE_CONVERSATION_UPDATE_TARGET: 'none', THROUGHLINE_CONVERSATION_UPDATE_URL: '' });
    product.platform.driver.start(3);
    await allTold();
    await inCrm();
    const { redis, config } = product.base;
    expect(await redis.keys(`${config.redisPrefix}:*{b-conversation}*`)).toEqual([]);
    expect((await states()).filter(({ told }) => told !== undefined)).toEqual([]);
    expect(stores.requests).toEqual([]);
  });
});

describe('the platform’s custom attributes', () => {
  it('hold what was told, with what others write there', async () => {
    const gateway = await PlatformStores.before();
    onTestFinished(() => gateway.close());
    product = await startProduct({
      env: {
        THROUGHLINE_CONVERSATION_UPDATE_TARGET: 'platform',
        THROUGHLINE_CONVERSATION_UPDATE_MOVES: EVERY_MOVE,
        THROUGHLINE_GENESYS_GATEWAY_URL: gateway.url,
        THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '60000',
      },
    });
    gateway.stand(product.platform);
    const meddled = new Set<string>();
    gateway.beforeWrite = async (id) => {
      if (meddled.has(id)) return;
      meddled.add(id);
      await gateway.overwrite(id, { note: 'by hand' });
    };
    await startRoles();
    product.platform.driver.start(10);
    await allTold();
    await inCrm();
    await caughtUp(gateway);
    expect(meddled.size).toBe(10);
    expect(gateway.conflicts).toBeGreaterThanOrEqual(10);
    for (const id of meddled) expect(gateway.valuesOf(id)).toMatchObject({ note: 'by hand' });
    expect(product.failures).toEqual([]);
  });
});

describe('what cannot be written', () => {
  it('for want of a permission is a dead letter at once; retried, it is merged like any other', async () => {
    await start();
    stores.answers.push({ status: 403 });
    const [id] = product.platform.driver.start(1);
    const { queue, parked } = await letters();
    const [letter] = await parked(1);
    expect(letter?.data).toMatchObject({ stage: 'update-conversation', code: 'missing_permission' });
    await letter?.retry();
    await allTold();
    await caughtUp();
    expect(fieldsIn(stores.valuesOf(id ?? ''), STAMPS)).toMatchObject({
      participantState: { value: 'active' },
    });
    await parked(0);
    await queue.close();
  });

  it('for conflict upon conflict is a dead letter after its rounds', { timeout: 120_000 }, async () => {
    await start({ THROUGHLINE_CONVERSATION_UPDATE_MAX_CONFLICTS: '1' });
    let others = 0;
    stores.beforeWrite = (id) => stores.overwrite(id, { note: `by hand ${(others += 1)}` });
    product.platform.driver.start(1);
    const { queue, parked } = await letters();
    const [letter] = await parked(1);
    expect(letter?.data).toMatchObject({ stage: 'update-conversation', code: 'conflict' });
    expect(stores.conflicts).toBeGreaterThanOrEqual(5);
    expect(stores.written).toBe(0);
    await queue.close();
  });
});
