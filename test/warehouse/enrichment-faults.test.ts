// A CRM in trouble, felt at both ends of the whole chain: at the emulated platform's ledger and in the SQL store. The
// control of each: a conversation, or a setting, that lacks what is shown to hold.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAST_PRIORITY } from '../../queues/priority.ts';
import { eventually } from '../support/eventually.ts';
import { enrichmentScene, type EnrichmentScene } from '../support/enrichment-scene.ts';
import { counted, freshDatabase, type Database } from '../support/warehouse-rig.ts';

let database: Database;
const scenes: EnrichmentScene[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  for (const scene of scenes) await scene.close();
  await database.drop();
});

/** Times are a tenth of life's: half a second for an answer. What was answered is believed for one. */
const SCALED = {
  THROUGHLINE_ENRICHMENT_LOOKUP_TIMEOUT_MS: '500',
  THROUGHLINE_ENRICHMENT_CACHE_TTL_SECONDS: '1',
  THROUGHLINE_ENRICHMENT_CACHE_NEGATIVE_TTL_SECONDS: '1',
};
const WITHOUT_STALE = { THROUGHLINE_ENRICHMENT_CACHE_STALE_SECONDS: '0' };

async function start(env: Readonly<Record<string, string>> = {}, workers = 1): Promise<EnrichmentScene> {
  const scene = await enrichmentScene({ database, seed: scenes.length + 1, workers, env: { ...SCALED, ...env } });
  scenes.push(scene);
  return scene;
}

/** One whose customer the CRM has told of, from then on in trouble; and one that comes into it. */
async function before(scene: EnrichmentScene, fault: Parameters<EnrichmentScene['break']>[0]) {
  const [known = ''] = scene.begin(1);
  await scene.enriched(known);
  scene.break(fault);
  const [newcomer = ''] = scene.begin(1);
  return { known, newcomer };
}

const failed = (scene: EnrichmentScene, times: number) =>
  eventually('look-ups have failed', () => scene.failures(), (failures) => failures >= times); // prettier-ignore

/** Each with exactly one record, of a success. */
async function expectOneSuccessEach(scene: EnrichmentScene, ids: readonly string[]): Promise<void> {
  const rows = await eventually('all are recorded', () => scene.audited(ids), ({ length }) => length >= ids.length); // prettier-ignore
  expect(rows.map(({ conversation_id: id, outcome }) => `${id} ${outcome}`).toSorted()).toEqual(ids.map((id) => `${id} injected`).toSorted()); // prettier-ignore
}

describe.concurrent('a CRM', () => {
  const slow = { delayMs: 2000 };

  it('that answers after four times its time-out: the last known answer serves, the rest comes when it is quick again', async () => {
    const scene = await start();
    const { known, newcomer } = await before(scene, slow);
    // each after half a second: what was known is older than believed by then
    await failed(scene, 2);
    await scene.again(known);
    await scene.enriched(known);
    expect(await scene.lookUps('found', 'stale')).toBe(1);
    expect(scene.isEnriched(newcomer)).toBe(false);
    scene.heal();
    await scene.enriched(newcomer);
    await expectOneSuccessEach(scene, [newcomer]);
  });

  it('that is slow, without a stale window (control): the known one is not enriched', async () => {
    const scene = await start(WITHOUT_STALE);
    const { known } = await before(scene, slow);
    await failed(scene, 2);
    const trace = await scene.again(known);
    const attempts = async () => (await scene.queues.lookUpCustomer.getJob(trace))?.attemptsMade ?? 0;
    await eventually('it failed', attempts, (made) => made > 0);
    expect(scene.isEnriched(known)).toBe(false);
  });

  it('that flaps: everybody is enriched, once', async () => {
    const scene = await start();
    scene.break({ status: 500, every: 2 });
    const ids = scene.begin(8);
    for (const id of ids) await scene.enriched(id);
    await expectOneSuccessEach(scene, ids);
    // the control: it did flap
    expect(await scene.failures()).toBeGreaterThan(3);
  });

  it('that fails for a while is left alone, and nobody is forgotten', async () => {
    const scene = await start();
    scene.break({ status: 500 });
    const ids = scene.begin(8);
    const isOpen = () => counted(scene.product.base.metrics, 'throughline_remote_breaker_open', { remote: 'crm-lookup' }); // prettier-ignore
    await eventually('the breaker is open', isOpen, (open) => open === 1); // prettier-ignore
    await eventually('all are held back', () => scene.queues.lookUpCustomer.getDelayedCount(), (count) => count === 8); // prettier-ignore
    // five in a row, and what was under way with the fifth
    expect(scene.product.crm.customers.totals().lookups).toBeLessThanOrEqual(5 + 10);
    // the control: none of them without the CRM
    expect(ids.filter((id) => scene.isEnriched(id))).toEqual([]);
    scene.heal();
    for (const id of ids) await scene.enriched(id);
    await expectOneSuccessEach(scene, ids);
  });

  it('that wants an hour of peace: nothing sleeps, who is known is enriched, events go on', async () => {
    const scene = await start();
    const { known, newcomer } = await before(scene, { status: 429, retryAfterSeconds: 3600, times: 1 });
    const { lookUpCustomer } = scene.queues;
    const { crm } = scene.product;
    await eventually('it is put off', () => lookUpCustomer.getDelayedCount(), (count) => count === 1); // prettier-ignore
    const asked = crm.customers.totals().lookups;
    await scene.again(known);
    await scene.enriched(known);
    const [records, from] = [crm.totals().distinct, performance.now()];
    const more = scene.begin(10);
    await eventually('their records in the CRM', () => crm.totals().distinct, (now) => now >= records + more.length); // prettier-ignore
    // a flush interval of 200 ms and a busy machine; who waited for the hour would be late by it
    expect(performance.now() - from).toBeLessThan(10_000);
    await eventually('all are put off', () => lookUpCustomer.getDelayedCount(), (count) => count === 1 + more.length); // prettier-ignore
    expect([await lookUpCustomer.getActiveCount(), crm.customers.totals().lookups]).toEqual([0, asked]);
    // no more than the second that a limiter without a limit counts by
    expect(await lookUpCustomer.getRateLimitTtl()).toBeLessThanOrEqual(1000);
    // the control: only the CRM could tell of these
    expect([newcomer, ...more].filter((id) => scene.isEnriched(id))).toEqual([]);
  });
});

describe.concurrent('two workers', () => {
  it('at one conversation at once: nothing twice, nothing lost, a record for each enrichment', async () => {
    const scene = await start({}, 2);
    const ids = scene.begin(4);
    for (const id of ids) await scene.enriched(id);
    const runs = ['run-a', 'run-b', 'run-c'];
    const traces = await Promise.all(ids.flatMap((id) => [...runs, ...runs].map((run) => scene.again(id, run))));
    for (const id of ids) await scene.enriched(id);
    // a list is behind what goes on by itself
    expect((await scene.queues.injectAttributes.getJob(traces[0] ?? ''))?.opts.priority).toBe(LAST_PRIORITY);
    // the control: three enrichments leave three records, one told twice leaves one
    const wanted = new Set(traces);
    expect(wanted.size).toBe(ids.length * runs.length);
    const rows = await eventually('all are recorded', () => scene.audited(ids), ({ length }) => length >= wanted.size + ids.length); // prettier-ignore
    expect(rows).toHaveLength(wanted.size + ids.length);
    expect(rows.filter(({ trace_id: trace, success }) => wanted.has(trace) && success)).toHaveLength(wanted.size);
    for (const id of ids) {
      const [record] = [...(scene.product.platform.driver.find(id)?.customAttributes.values() ?? [])];
      expect(record?.values).toHaveProperty('isVip');
    }
    expect(scene.product.failures).toEqual([]);
  });
});
