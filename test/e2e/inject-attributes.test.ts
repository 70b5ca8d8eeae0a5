// Attributes on their way onto conversations, through queues and workers on real Redis: confirmed by snapshots, done once
// by two workers, those who wait first.
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { conversationStateSchema, type ConversationState } from '../../src/domain/conversation/state.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { handOver } from '../../workers/roles/hand-over.ts';
import { openQueues, type OpenQueues } from '../../workers/roles/open-queues.ts';
import { topology } from '../../workers/topology.ts';
import { eventually } from '../support/eventually.ts';
import { TEST_KEY } from '../support/pipeline.ts';
import { startProduct, type Product, type ProductOptions } from '../support/product.ts';

const seal = sealWith(TEST_KEY);
let product: Product;
let queues: OpenQueues;

afterEach(async () => {
  await queues.close();
  await product.close();
});

async function start({ env = {}, ...options }: ProductOptions = {}): Promise<void> {
  const wanted = {
    THROUGHLINE_ENRICHMENT: 'on',
    // on a move that nobody makes here: what is injected is what the test sends
    THROUGHLINE_ENRICHMENT_MOVES: 'failed',
    THROUGHLINE_INJECTION_CONFIRM_SECONDS: '1',
    ...env,
  };
  product = await startProduct({ speed: 20, ...options, env: wanted });
  queues = openQueues(product.base);
}

async function startRoles(workers = 1): Promise<void> {
  for (let n = 0; n < workers; n += 1) await product.start('worker');
  await product.start('ingester');
  const isOpen = (): number => product.platform.status().sockets;
  await eventually('stream connected', isOpen, (open) => open > 0);
}

async function send(conversationId: string, values: Record<string, unknown>, traceId: string = randomUUID()) {
  const path = topology(product.config, product.base.metrics);
  const sealed = seal.seal(JSON.stringify({ values }));
  const job = { conversationId, traceId, cause: 'start', startedAt: Date.now(), sealed };
  await handOver({ base: product.base, path, queues }).inject(job);
  return traceId;
}

async function stateOf(id: string): Promise<ConversationState | undefined> {
  const { redis, keys, config } = product.base;
  const text = await redis.get(keys.partition(partitionOf(id, config.partitions)).state(id));
  return text === null ? undefined : conversationStateSchema.parse(JSON.parse(text));
}

const known = (id: string) => eventually('the conversation', () => stateOf(id), (state) => state?.shown !== undefined); // prettier-ignore
const attributesOf = (id: string) =>
  product.platform.driver.find(id)?.snapshot.participants.find(({ purpose }) => purpose === 'customer')?.attributes;
const has = (id: string, name: string, value: string) =>
  eventually('the attribute', () => attributesOf(id)?.[name], (held) => held === value); // prettier-ignore
const audits = async () => (await queues.recordAudit.getJobs()).map(({ data }) => data as Record<string, unknown>);

async function counted(outcome: string): Promise<number> {
  const metric = product.base.metrics.registry.getSingleMetric('throughline_injection_attributes_total');
  return (await metric?.get())?.values.find(({ labels }) => labels['outcome'] === outcome)?.value ?? 0;
}

describe('attributes', () => {
  it('that come back in a snapshot are confirmed, without a call', async () => {
    await start();
    await startRoles();
    const [id = ''] = product.platform.driver.start(1, 'email');
    await known(id);
    const traceId = await send(id, { tier: 'gold', cases: 3 });
    await has(id, 'cases', '3');
    await eventually('confirmed', () => counted('confirmed'), (count) => count === 2); // prettier-ignore
    expect(await counted('lost')).toBe(0);
    expect(await audits()).toMatchObject([{ traceId, conversationId: id, success: true, outcome: 'injected' }]);
    expect(await queues.announceEnrichment.getJob(traceId)).toMatchObject({ data: { conversationId: id } });
    const state = JSON.stringify(await stateOf(id));
    expect(state).not.toMatch(/gold|tier|cases/);
    expect(product.failures).toEqual([]);
  });

  it('that were lost on the way are counted and sent once more', async () => {
    await start();
    await startRoles();
    const [id = ''] = product.platform.driver.start(1, 'email');
    await known(id);
    product.platform.driver.loseAttributes(1);
    await send(id, { tier: 'gold' });
    await has(id, 'tier', 'gold');
    expect(await counted('lost')).toBe(1);
    expect(await counted('sent')).toBe(1);
  });

  it('of one injection, sent by two workers at once, are told of once', async () => {
    await start();
    await startRoles(2);
    const ids = product.platform.driver.start(10, 'email');
    await Promise.all(ids.map(known));
    await Promise.all(
      ids.flatMap((id) => [send(id, { tier: 'gold' }, `t-${id}`), send(id, { tier: 'gold' }, `t-${id}`)]),
    );
    await Promise.all(ids.map((id) => has(id, 'tier', 'gold')));
    await eventually('all told', audits, (all) => all.length === ids.length);
    expect(await counted('sent')).toBe(ids.length);
  });
});

describe('under the budget', () => {
  const CONVERSATIONS = 30;

  it('those who wait come first, nothing is refused, and what is over costs nothing', { timeout: 90_000 }, async () => {
    // 100 a minute: a burst of 10, then three calls in two seconds
    await start({
      speed: 1,
      emulator: { requestsPerMinute: 100 },
      env: { THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '100' },
    });
    const ids = product.platform.driver.start(CONVERSATIONS, 'email');
    const isServed = (n: number): boolean => n % 2 === 0;
    await Promise.all(ids.map((id, n) => remember(id, isServed(n) ? 'active' : 'joined')));
    const over = ids[1] ?? '';
    await remember(over, 'left');
    for (const id of ids) await send(id, { tier: 'gold' }, id);
    await product.start('worker');
    await eventually('all settled', audits, (all) => all.length === CONVERSATIONS, 80_000);
    const settled = (await audits()).toSorted((one, other) => Number(one['timestamp']) - Number(other['timestamp']));
    const order = settled
      .filter(({ outcome }) => outcome === 'injected')
      .map(({ traceId }) => ids.indexOf(String(traceId)));
    expect(settled.filter(({ outcome }) => outcome === 'ended').map(({ traceId }) => traceId)).toEqual([over]);
    const waiting = CONVERSATIONS / 2 - 1;
    // at most as many as were under way when the first of those who wait were
    expect(order.slice(0, waiting).filter(isServed).length).toBeLessThanOrEqual(2);
    const { base } = product;
    const metric = await base.metrics.registry.getSingleMetric('throughline_remote_requests_total')?.get();
    expect(metric?.values.filter(({ labels }) => labels['outcome'] === 'rate_limited')).toEqual([]);
  });

  /** As the commit of its last snapshot left it. */
  async function remember(id: string, agent: 'joined' | 'active' | 'left'): Promise<void> {
    const participants = product.platform.driver.find(id)?.snapshot.participants ?? [];
    const customer = participants.find(({ purpose }) => purpose === 'customer')?.id ?? '';
    const state: ConversationState = {
      v: 1,
      conversationId: id,
      phase: agent === 'left' ? 'ended' : 'open',
      media: 'email',
      startedAt: 1,
      asOf: 1,
      bornAt: 1,
      version: 1,
      participants: {
        [customer]: { purpose: 'customer', state: agent === 'left' ? 'left' : 'active', since: 1 },
        agent: { purpose: 'agent', state: agent, since: 1 },
      },
      shown: {},
    };
    const { redis, keys, config } = product.base;
    await redis.set(keys.partition(partitionOf(id, config.partitions)).state(id), JSON.stringify(state));
  }
});
