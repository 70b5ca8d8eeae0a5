// From a frame to what the CRM knows of its customer, on real Redis: once a cause whatever is told again, nothing personal
// in clear anywhere but the frame itself, and a CRM that is left alone holds up nobody whose customer is remembered.
import { randomUUID } from 'node:crypto';
import type { Job, Queue } from 'bullmq';
import { afterEach, describe, expect, it } from 'vitest';
import { statesOf } from '../../workers/roles/foundation.ts';
import { createCentre } from '../../src/emulator/centre/centre.ts';
import { customerFaultSchema } from '../../src/emulator/crm/customer-faults.ts';
import { appenderFor, type KeyedEvent } from '../../src/partitions/append.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { lookUpCustomerQueue } from '../../queues/look-up-customer.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { recordAuditQueue, type AuditJob } from '../../queues/record-audit.queue.ts';
import { validateAttributesQueue, type ValidateJob } from '../../queues/validate-attributes.queue.ts';
import { eventually } from '../support/eventually.ts';
import { callFrame, type CallFacts } from '../support/call-frame.ts';
import { TEST_KEY } from '../support/pipeline.ts';
import { startProduct, type Product } from '../support/product.ts';

const ignore = (): void => undefined;
const [jane, john] = createCentre(1).customers;
if (jane === undefined || john === undefined) throw new Error('the contact centre has customers');

let product: Product | undefined;
let queues: Queue[] = [];
afterEach(async () => {
  await Promise.all(queues.map((queue) => queue.close()));
  queues = [];
  await product?.close();
  product = undefined;
});

async function start(env: Readonly<Record<string, string>> = {}, speed = 500): Promise<Product> {
  product = await startProduct({
    speed,
    env: { THROUGHLINE_ENRICHMENT: 'on', THROUGHLINE_PARTITION_LINGER_MS: '50', ...env },
  });
  await product.start('worker');
  return product;
}

function queueOf({ base }: Product, declared: Parameters<typeof openQueue>[0]): Queue {
  const queue = openQueue(declared, base.connection, base.keys, ignore);
  queues.push(queue);
  return queue;
}

const call = (id: string, who: Partial<CallFacts> = {}): KeyedEvent => callFrame(id, { phone: jane.phone, ...who });

async function append(running: Product, ...events: readonly KeyedEvent[]): Promise<void> {
  const { redis, keys } = running.base;
  const waker = wakerFor(queueOf(running, partitionsQueue));
  await appenderFor({ redis, keys, partitions: running.config.partitions, waker }).append(events);
}

const jobsOf = async <T>(queue: Queue): Promise<readonly Job<T>[]> =>
  (await queue.getJobs(['waiting', 'prioritized', 'delayed', 'completed', 'active'])) as Job<T>[];

async function untilJobs<T>(queue: Queue, count: number): Promise<readonly Job<T>[]> {
  return eventually(`${count} jobs of ${queue.name}`, () => jobsOf<T>(queue), (jobs) => jobs.length === count).catch(async () => { throw new Error(`${queue.name} has ${(await jobsOf(queue)).length} jobs`); }); // prettier-ignore
}

/** Until every event is applied and every output received. */
const settled = async (running: Product, count: number): Promise<unknown> =>
  eventually('the relay at rest', () => running.counted('seq'), (seq) => seq >= count); // prettier-ignore

const counter = async ({ base }: Product, outcome: string): Promise<number> => {
  const metric = await base.metrics.registry.getSingleMetric('throughline_enrichment_lookups_total')?.get();
  return (metric?.values ?? []).filter(({ labels }) => labels['outcome'] === outcome).reduce((sum, { value }) => sum + value, 0); // prettier-ignore
};

describe('a conversation that starts', () => {
  it('has its customer looked up, once, whatever is told again and whoever owns the partition', async () => {
    const running = await start();
    const validate = queueOf(running, validateAttributesQueue);
    const id = randomUUID();
    await append(running, call(id), call(id));
    const [job] = await untilJobs<ValidateJob>(validate, 1);
    expect(job?.data).toMatchObject({ conversationId: id, cause: 'start', startedAt: expect.any(Number) });
    expect(job?.id).toBe(job?.data.traceId);
    const opened: unknown = JSON.parse(sealWith(TEST_KEY).unseal(job?.data.sealed ?? ''));
    expect(opened).toMatchObject({ attributes: { accountId: jane.accountId, tier: jane.tier }, freshness: 'fresh' });
    await running.restartRoles();
    await append(running, call(id), call(id, { agent: true }));
    await settled(running, 2);
    expect(await jobsOf(validate)).toHaveLength(1);
    expect(await jobsOf(queueOf(running, lookUpCustomerQueue))).toHaveLength(1);
    expect(running.crm.customers.totals().lookups).toBe(1);
  });

  it('and again on the moves that the settings name', async () => {
    const running = await start({ THROUGHLINE_ENRICHMENT_MOVES: 'start,active' });
    const id = randomUUID();
    await append(running, call(id));
    const validate = queueOf(running, validateAttributesQueue);
    await untilJobs(validate, 1);
    await append(running, call(id, { agent: true }), call(id, { agent: true }));
    const jobs = await untilJobs<ValidateJob>(validate, 2);
    expect(jobs.map(({ data }) => data.cause).toSorted()).toEqual(['active', 'start']);
    expect(new Set(jobs.map(({ data }) => data.traceId)).size).toBe(2);
    expect(running.crm.customers.totals().lookups).toBe(1);
  });

  it('of a customer nobody knows is a line in the audit', async () => {
    const running = await start();
    const id = randomUUID();
    await append(running, call(id, { phone: '+19995550100' }));
    const [job] = await untilJobs<AuditJob>(queueOf(running, recordAuditQueue), 1);
    expect(job?.data).toMatchObject({ conversationId: id, success: false, outcome: 'not_found', error: null });
    expect(job?.data.latencyMs).toBeGreaterThanOrEqual(0);
  });

  it('is not asked about where enrichment is off', async () => {
    const running = await start({ THROUGHLINE_ENRICHMENT: 'off' });
    const id = randomUUID();
    await append(running, call(id));
    await settled(running, 1);
    expect(await jobsOf(queueOf(running, lookUpCustomerQueue))).toHaveLength(0);
    const { redis, keys } = running.base;
    const states = await Promise.all(
      (await redis.keys(`${keys.partition(0).live.split('{')[0]}*:st:${id}`)).map((key) => redis.get(key)),
    );
    expect(states.join('')).toContain(id);
    expect(states.join('')).not.toContain('identity');
  });

  it('is found among the conversations of the emulated platform', async () => {
    // lives long enough not to be over before the look-up
    const running = await start({}, 10);
    await running.start('ingester');
    const ids = running.platform.driver.start(3, 'voice');
    const jobs = await untilJobs<ValidateJob>(queueOf(running, validateAttributesQueue), 3);
    expect(jobs.map(({ data }) => data.conversationId).toSorted()).toEqual([...ids].toSorted());
  });
});

describe('a CRM in trouble', () => {
  it('429 with Retry-After: 3600 defers the jobs that need it; a remembered customer is served meanwhile', async () => {
    const running = await start();
    const validate = queueOf(running, validateAttributesQueue);
    const lookUps = queueOf(running, lookUpCustomerQueue);
    await append(running, call(randomUUID()));
    await untilJobs(validate, 1);
    running.crm.customers.faults.add(customerFaultSchema.parse({ status: 429, retryAfterSeconds: 3600 }));
    const waiting = randomUUID();
    await append(running, call(waiting, { phone: john.phone }));
    await eventually('the deferred look-up', () => lookUps.getDelayedCount(), (count) => count === 1); // prettier-ignore
    expect(await counter(running, 'held_back')).toBe(1);
    // no more than the second that a limiter without a limit counts by
    expect(await lookUps.getRateLimitTtl()).toBeLessThanOrEqual(1000);
    await append(running, call(randomUUID()));
    await untilJobs(validate, 2);
    const [deferred] = await lookUps.getDelayed();
    expect(deferred?.attemptsMade).toBe(0);
    expect(running.crm.customers.totals().lookups).toBe(2);
    // the customer hangs up before the CRM is back: nobody asks it any more
    await append(running, call(waiting, { phone: john.phone, end: true }));
    const phase = async () => (await statesOf(running.base).read(waiting))?.phase;
    await eventually('the end of it', phase, (now) => now === 'ended');
    await deferred?.promote();
    await eventually('the ended one is dropped', () => counter(running, 'ended'), (count) => count === 1); // prettier-ignore
    expect(running.crm.customers.totals().lookups).toBe(2);
  });

  it('500 is tried again, spends attempts of its own job alone, and is found in the end', async () => {
    const running = await start();
    running.crm.customers.faults.add(customerFaultSchema.parse({ status: 500, times: 2 }));
    await append(running, call(randomUUID()));
    await untilJobs(queueOf(running, validateAttributesQueue), 1);
    expect(running.crm.customers.totals().lookups).toBe(3);
  });

  it('an answer nobody can read is a line in the audit at once, and the job stays in sight', async () => {
    const running = await start({ THROUGHLINE_ENRICHMENT_MAPPING: 'test/fixtures/lookup-unreadable.json' });
    await append(running, call(randomUUID()));
    const [job] = await untilJobs<AuditJob>(queueOf(running, recordAuditQueue), 1);
    expect(job?.data).toMatchObject({ outcome: 'lookup_failed', error: { code: 'lookup_answer_unreadable' } });
    const lookUps = queueOf(running, lookUpCustomerQueue);
    await eventually('the failed job', () => lookUps.getFailedCount(), (count) => count === 1); // prettier-ignore
  });
});

describe('Redis', () => {
  const personal = (): RegExp =>
    new RegExp(`${jane.phone.slice(2)}|${jane.externalContactId}|Jane Roe|${jane.accountId}`);

  /** Every value of every key, whatever its type. */
  async function everything({ base: { redis, config } }: Product): Promise<string> {
    const keys = await redis.keys(`${config.redisPrefix}:*`);
    const values = await Promise.all(
      keys.map(async (key) => {
        const type = await redis.type(key);
        if (type === 'string') return redis.get(key);
        if (type === 'hash') return redis.hgetall(key);
        if (type === 'stream') return redis.xrange(key, '-', '+');
        if (type === 'list') return redis.lrange(key, 0, -1);
        return type === 'zset' ? redis.zrange(key, 0, -1) : redis.smembers(key);
      }),
    );
    return JSON.stringify([keys, values]);
  }

  it('holds nothing personal once the frame is applied; the control finds it in the log', async () => {
    const running = await start();
    const id = randomUUID();
    await append(running, call(id));
    await untilJobs(queueOf(running, validateAttributesQueue), 1);
    await eventually('the frame is trimmed from its log', () => everything(running), (all) => !personal().test(all)); // prettier-ignore
    const all = await everything(running);
    expect(all).toContain(id);
    expect(all).toContain('identity');
    const worker = await running.start('worker');
    await running.stop(worker);
    await running.base.redis.xadd(running.base.keys.partition(0).log, '*', 'e', call(id).raw);
    expect(await everything(running)).toMatch(personal());
  });
});
