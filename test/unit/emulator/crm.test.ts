// The emulated CRM: idempotency by key, versions by record, faults on demand, and what it counts.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCrmEmulator, type CrmEmulator } from '../../../src/emulator/crm/emulator.ts';
import { call, post, type Answer } from './platform-client.ts';

let crm: CrmEmulator;
beforeEach(async () => {
  crm = await startCrmEmulator({ port: 0 });
});
afterEach(() => crm.close());

const record = (recordId: string, version: number): Record<string, unknown> => ({
  recordId,
  version,
  slaStatus: 'compliant',
});
const send = (key: string, records: unknown): Promise<Answer> =>
  post(`${crm.url}/records`, { records }, { 'Idempotency-Key': key });
const fault = (body: Record<string, unknown>): Promise<Answer> => post(`${crm.url}/faults`, body);
const results = ({ body }: Answer): unknown => body['results'];

describe('batches', () => {
  it('are taken once per key: the same answer again, another body refused', async () => {
    const first = await send('k1', [record('a', 1), record('b', 1)]);
    expect(first.status).toBe(200);
    expect(results(first)).toEqual([
      { recordId: 'a', status: 200 },
      { recordId: 'b', status: 200 },
    ]);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const again = await send('k1', [record('a', 1), record('b', 1)]);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await send('k1', [record('a', 2)])).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(crm.totals()).toMatchObject({
      requests: 3,
      batches: 1,
      records: 2,
      distinct: 2,
      duplicatesByKey: 1,
      keyReuses: 1,
    });
  });

  it('apply the newest version of a record only', async () => {
    await send('k1', [record('a', 3)]);
    const stale = await send('k2', [record('a', 2), record('b', 1)]);
    expect(stale.status).toBe(200);
    expect(results(stale)).toEqual([
      { recordId: 'a', status: 200, message: 'ignored: stale' },
      { recordId: 'b', status: 200 },
    ]);
    await send('k3', [record('a', 3)]);
    await send('k4', [record('a', 4)]);
    expect(crm.totals()).toMatchObject({ outOfOrder: 1, repeated: 1, distinct: 2 });
    expect((await call(`${crm.url}/records/a`)).body).toMatchObject({ record: { version: 4 }, updates: 2 });
    expect((await call(`${crm.url}/records/z`)).status).toBe(404);
  });

  it('need a key and a list of records; a bad record fails alone', async () => {
    expect(await post(`${crm.url}/records`, { records: [] })).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_required' },
    });
    expect(await send('k1', 'all of them')).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    const mixed = await send('k2', [record('a', 1), { recordId: 'b' }]);
    expect(mixed.status).toBe(207);
    expect(results(mixed)).toMatchObject([{ status: 200 }, { status: 422, message: 'Invalid field: version' }]);
    expect(crm.totals()).toMatchObject({ batches: 1, records: 1, failedRecords: 1, answers: { 207: 1, 400: 2 } });
  });

  it('are refused above 16 MiB', async () => {
    const huge = await send('k1', [{ ...record('a', 1), blob: 'x'.repeat(17 * 1024 * 1024) }]);
    expect(huge.status).toBe(413);
    expect(crm.totals().batches).toBe(0);
  });
});

describe('faults', () => {
  it.each([400, 409, 429, 500, 503])(
    '%i refuses the next requests, forgets them, and takes them afterwards',
    async (status) => {
      await fault({ status, times: 2, retryAfterSeconds: 7 });
      for (let n = 0; n < 2; n += 1) {
        const refused = await send('k1', [record('a', 1)]);
        expect(refused.status).toBe(status);
        expect(refused.headers.get('retry-after')).toBe('7');
      }
      expect(crm.totals()).toMatchObject({ batches: 0, records: 0 });
      const taken = await send('k1', [record('a', 1)]);
      expect(taken.status).toBe(200);
      expect(taken.headers.get('idempotent-replayed')).toBeNull();
    },
  );

  it('207 fails the named records and applies the rest', async () => {
    await fault({ status: 207, failRecordIds: ['b'], recordStatus: 422 });
    const partly = await send('k1', [record('a', 1), record('b', 1), record('c', 1)]);
    expect(partly.status).toBe(207);
    expect(results(partly)).toMatchObject([{ status: 200 }, { recordId: 'b', status: 422 }, { status: 200 }]);
    expect((await call(`${crm.url}/records/b`)).status).toBe(404);
    const replayed = await send('k1', [record('a', 1), record('b', 1), record('c', 1)]);
    expect(replayed).toMatchObject({ status: 207, body: partly.body });
    expect((await send('k2', [record('b', 1)])).status).toBe(200);
  });

  it('207 that names nobody fails the first record', async () => {
    await fault({ status: 207 });
    expect(results(await send('k1', [record('a', 1), record('b', 1)]))).toMatchObject([
      { status: 500 },
      { status: 200 },
    ]);
  });

  it('that name records hit only batches that hold them, so that bisecting ends at the bad one', async () => {
    await fault({ status: 400, times: 1000, failRecordIds: ['bad'] });
    expect((await send('k1', [record('a', 1), record('bad', 1)])).status).toBe(400);
    expect((await send('k2', [record('a', 1)])).status).toBe(200);
    expect((await send('k3', [record('bad', 1)])).status).toBe(400);
  });

  it('200 with a delay has done its work before it answers, so a client that gave up meets its own answer', async () => {
    await fault({ status: 200, delayMs: 60_000 });
    const controller = new AbortController();
    const waiting = fetch(`${crm.url}/records`, {
      method: 'POST',
      signal: controller.signal,
      headers: { 'content-type': 'application/json', 'Idempotency-Key': 'k1' },
      body: JSON.stringify({ records: [record('a', 1)] }),
    });
    const gaveUp = expect(waiting).rejects.toThrow();
    await expect.poll(() => crm.totals().batches).toBe(1);
    controller.abort();
    await gaveUp;
    const again = await send('k1', [record('a', 1)]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(crm.totals()).toMatchObject({ records: 1, duplicatesByKey: 1 });
  });

  it('are named when wrong, counted, and cleared', async () => {
    expect(await fault({ status: 418 })).toMatchObject({ status: 400, body: { code: 'invalid_fault' } });
    expect((await fault({ status: 500, times: 3 })).body).toEqual({ pending: 3 });
    await call(`${crm.url}/faults`, { method: 'DELETE' });
    expect((await send('k1', [record('a', 1)])).status).toBe(200);
  });
});

describe('the ledger', () => {
  it('gives totals, and the versions when asked', async () => {
    await send('k1', [record('a', 5)]);
    expect((await call(`${crm.url}/healthz`)).body).toEqual({ status: 'ok' });
    const brief = (await call(`${crm.url}/ledger`)).body;
    expect(brief).toMatchObject({ totals: { requests: 1, batches: 1, records: 1, distinct: 1 }, pendingFaults: 0 });
    expect(brief).not.toHaveProperty('records');
    const full = (await call(`${crm.url}/ledger?records=true`)).body;
    expect(full['records']).toEqual([{ recordId: 'a', version: 5, updates: 1 }]);
  });

  it('is bounded in records and in keys', async () => {
    await crm.close();
    crm = await startCrmEmulator({ port: 0, maxRecords: 2, maxKeys: 1 });
    await send('k1', [record('a', 1), record('b', 1), record('c', 1)]);
    await send('k2', [record('d', 1)]);
    expect(crm.records.all().map((stored) => stored.record.recordId)).toEqual(['c', 'd']);
    expect(crm.totals().distinct).toBe(4);
    expect((await send('k1', [record('c', 1)])).headers.get('idempotent-replayed')).toBeNull();
  });

  it('rejects with EADDRINUSE when the port is taken', async () => {
    await expect(startCrmEmulator({ port: crm.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
