// The whole path against the emulator: what the pipeline ends with is held against the emulator's own ledger, on a good
// day, with bad input, with a CRM that misbehaves, and across a restart of every role.
import { afterEach, describe, expect, it } from 'vitest';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product, type ProductOptions } from '../support/product.ts';

let product: Product;
afterEach(async () => product.close());

async function start(options?: ProductOptions): Promise<void> {
  product = await startProduct(options);
  await product.start('worker');
  await product.start('ingester');
  await eventually(
    'stream connected',
    () => product.platform.status().sockets,
    (open) => open > 0,
  );
}

const isSettled = () => product.platform.driver.ledger().conversations.every(({ settled }) => settled);
/** Conversations that the CRM does not hold as ended, once nothing moves any more. */
async function missingInCrm(): Promise<string[]> {
  await eventually('all told', isSettled, Boolean, 40_000);
  const look = () =>
    product.platform.driver
      .ledger()
      .conversations.map(({ conversationId }) => conversationId)
      .filter((id) => product.crm.records.find(id)?.record?.['status'] !== 'ended');
  return eventually('all in the CRM', look, (missing) => missing.length === 0, 40_000);
}
const failAt = (record: string) => (): never => {
  throw new Error(record);
};

describe('on a good day', () => {
  it('every conversation of every medium ends in the CRM, each record in order and once', async () => {
    await start();
    product.platform.driver.start(40);
    expect(await missingInCrm()).toEqual([]);
    const { outOfOrder, keyReuses, repeated, records } = product.crm.totals();
    expect({ outOfOrder, keyReuses, repeated }).toEqual({ outOfOrder: 0, keyReuses: 0, repeated: 0 });
    expect(records).toBeGreaterThan(80);
    expect(await product.counted('n:deadLetters')).toBe(0);
    expect(await product.counted('n:refused:illegal')).toBe(0);
    // overlapping topics really give copies; each counted, none doubled anything
    expect(await product.counted('n:refused:duplicate')).toBeGreaterThan(50);
    expect(product.failures).toEqual([]);
  });
});

describe('bad input', () => {
  it('is counted and set aside, and nothing else suffers', async () => {
    await start({ env: { THROUGHLINE_INGEST_MAX_FRAME_BYTES: '65536' } });
    const broadcast = async (raw: string): Promise<void> => {
      const body = JSON.stringify({ raw });
      const headers = { 'content-type': 'application/json' };
      expect((await fetch(`${product.platform.url}/emulator/frames`, { method: 'POST', headers, body })).ok).toBe(true);
    };
    product.platform.driver.start(5);
    await broadcast('this is not JSON');
    await broadcast(`{"topicName":"v2.users.x.conversations","eventBody":{"filler":"${'x'.repeat(70_000)}"}}`);
    await broadcast(
      '{"topicName":"v2.users.8d2e389e-f4ec-5581-a0e7-699002524bf0.conversations","eventBody":{"participants":[]}}',
    );
    await broadcast('{"topicName":"v2.nobody.asked.for.this","eventBody":{"id":"x"}}');
    await broadcast('{"topicName":');
    await broadcast('');
    const dead = openQueue(deadLettersQueue, product.base.connection, product.base.keys, product.base.onRedisError);
    const letters = await eventually(
      'six letters',
      () => dead.getJobs(['failed']),
      (jobs) => jobs.length >= 6,
    );
    const codes = letters.map((job) => (job.data as { code: string }).code).sort();
    expect(codes).toEqual(['frame_not_json', 'frame_not_json', 'frame_not_json', 'frame_too_large', 'snapshot_without_id', 'unknown_topic']); // prettier-ignore
    expect(JSON.stringify(letters.map(({ data }) => data as unknown))).not.toMatch(
      /xxx|not JSON at|nobody\.asked\.for\.this","eventBody/,
    );
    await dead.close();
    expect(await missingInCrm()).toEqual([]);
    expect(product.platform.status().sockets).toBeGreaterThan(0);
  });
});

describe('a CRM that misbehaves', () => {
  it('500, 429, 409, a 207 and a lost answer: every record arrives, in order, none applied twice', async () => {
    await start({ env: { THROUGHLINE_CRM_TIMEOUT_MS: '500', THROUGHLINE_CRM_BATCH_MAX_RECORDS: '10' } });
    const fault = { times: 1, delayMs: 0, recordStatus: 500 as const };
    for (const status of [500, 429, 409, 500, 503] as const)
      product.crm.faults.add({ ...fault, status, retryAfterSeconds: 1 });
    product.crm.faults.add({ ...fault, status: 207, times: 2 });
    product.crm.faults.add({ ...fault, status: 200, delayMs: 1500 });
    product.platform.driver.start(15);
    expect(await missingInCrm()).toEqual([]);
    const { outOfOrder, keyReuses, answers } = product.crm.totals();
    expect(product.crm.faults.pending()).toBe(0);
    expect({ outOfOrder, keyReuses }).toEqual({ outOfOrder: 0, keyReuses: 0 });
    expect(Object.keys(answers)).toEqual(expect.arrayContaining(['200', '207', '409', '429', '500', '503']));
  });

  it('a record it will never take ends alone in the dead letters; its batch goes through', async () => {
    await start({ env: { THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '2000' } });
    product.platform.driver.start(8, 'email');
    const [victim = failAt('no conversation')()] = product.platform.driver.ledger().conversations.map(({ conversationId }) => conversationId); // prettier-ignore
    product.crm.faults.add({ status: 400, times: 1_000_000, delayMs: 0, recordStatus: 500, failRecordIds: [victim] });
    await eventually(
      'others arrive',
      () => product.crm.records.distinct(),
      (n) => n >= 7,
      40_000,
    );
    const dead = openQueue(deadLettersQueue, product.base.connection, product.base.keys, product.base.onRedisError);
    const letters = await eventually(
      'a letter',
      () => dead.getJobs(['failed']),
      (jobs) => jobs.length >= 1,
      40_000,
    );
    expect(new Set(letters.map(({ name }) => name))).toEqual(new Set(['crm_refused']));
    expect(product.crm.records.find(victim)).toBeUndefined();
    // mended: the letter is retried as Bull Board would
    product.crm.faults.clear();
    for (const letter of letters) await letter.retry('failed');
    await eventually(
      'replayed',
      () => product.crm.records.find(victim),
      (found) => found !== undefined,
    );
    await dead.close();
  });
});

describe('a restart', () => {
  it('of every role in the middle carries on where it stood', async () => {
    await start({ speed: 300 });
    const first = product;
    first.platform.driver.start(20);
    await eventually(
      'under way',
      () => first.counted('n:events'),
      (n) => n > 60,
    );
    await first.restartRoles();
    await eventually(
      'stream connected again',
      () => first.platform.status().sockets,
      (open) => open > 0,
    );
    const later = first.platform.driver.start(5);
    // what was said while no socket was open is the business of gap repair; what came before and after is whole
    const ended = () => later.filter((id) => first.crm.records.find(id)?.record?.['status'] === 'ended').length;
    await eventually('later ones in the CRM', ended, (n) => n === later.length, 40_000);
    const { outOfOrder, keyReuses, repeated } = first.crm.totals();
    expect({ outOfOrder, keyReuses, repeated }).toEqual({ outOfOrder: 0, keyReuses: 0, repeated: 0 });
    expect(await first.counted('n:deadLetters')).toBe(0);
  });
});
