// HubSpot: the ready mapping against the emulated batch upsert.
import { afterEach, describe, expect, it } from 'vitest';
import type { VendorOptions } from '../../../src/emulator/crm/vendors/vendor.ts';
import { conversation, message, NOW } from './crm-server.ts';
import { vendorRig, type VendorRig } from './vendor-rig.ts';

let rig: VendorRig;
const start = async (change: object = {}, options: VendorOptions = {}): Promise<VendorRig> =>
  (rig = await vendorRig('hubspot', change, options));
afterEach(() => rig.crm.close());
const TABLE = 'hubspot/p_conversations';

describe('hubspot', () => {
  it('upserts both kinds of record by the unique property, every value as text', async () => {
    await start();
    expect(await rig.sent([conversation('c'), message('c/m')])).toEqual(['done', 'done']);
    expect(rig.crm.vendor.rows.find(TABLE, 'c')?.fields).toMatchObject({
      throughline_id: 'c',
      kind: 'conversation',
      started_at: String(NOW - 7_200_000),
      ended_at: '',
      handle_seconds: '13',
    });
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(2);
    const ledger: unknown = await (await fetch(`${rig.crm.url}/ledger`)).json();
    expect(ledger).toMatchObject({ vendorRows: { [TABLE]: 2 } });
  });

  it('takes 100 records a call; a larger batch is split, never sent', async () => {
    await start();
    const many = Array.from({ length: 101 }, (_, index) => conversation(`c${index}`));
    expect(await rig.failed(many)).toMatchObject({ kind: 'poison', code: 'batch_over_limit' });
    expect(new Set(await rig.sent(many.slice(1)))).toEqual(new Set(['done']));
  });

  it('control: the endpoint itself refuses 101, and all of a batch for one bad input without trace ids', async () => {
    await start();
    const post = async (inputs: object[]) => {
      const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${rig.crm.vendor.token}` };
      const url = `${rig.crm.url}/crm/v3/objects/p_conversations/batch/upsert`;
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ inputs }) });
      return [response.status, await response.json()];
    };
    const inputs = Array.from({ length: 101 }, (_, i) => ({
      id: `c${i}`,
      idProperty: 'throughline_id',
      properties: {},
    }));
    expect(await post(inputs)).toMatchObject([400, { category: 'VALIDATION_ERROR' }]);
    rig.fault({ status: 207, failRecordIds: ['c1'] });
    expect(await post(inputs.slice(0, 2))).toMatchObject([400, { category: 'VALIDATION_ERROR' }]);
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(0);
  });

  it('a 207 names the failed ones: a conflict comes again, an invalid one is set aside, the rest is taken', async () => {
    await start();
    const records = ['a', 'b', 'c'].map((id) => conversation(id));
    rig.fault({ status: 207, failRecordIds: ['b'] });
    expect(await rig.sent(records)).toEqual(['done', 'retry CONFLICT', 'done']);
    rig.fault({ status: 207, failRecordIds: ['a', 'c'], recordStatus: 422 });
    expect(await rig.sent(records)).toEqual(['reject VALIDATION_ERROR', 'done', 'reject VALIDATION_ERROR']);
  });

  it('a used-up limit pauses the queue as long as its policy is wide', async () => {
    await start({}, { limits: { hubspotTenSeconds: 1 } });
    await rig.sent([conversation('a')]);
    const burst = await rig.failed([conversation('b')]);
    expect(burst).toMatchObject({ kind: 'throttled', retryAfterMs: 10_000 });
    expect(burst.message).toContain('TEN_SECONDLY_ROLLING');
  });

  it('a used-up day is asked again every ten minutes, or when Retry-After says', async () => {
    await start();
    rig.fault({ status: 429 });
    expect(await rig.failed([conversation('a')])).toMatchObject({ kind: 'throttled', retryAfterMs: 600_000 });
    rig.fault({ status: 429, retryAfterSeconds: 3 });
    expect(await rig.failed([conversation('a')])).toMatchObject({ kind: 'throttled', retryAfterMs: 3000 });
  });

  it('a wrong token names its setting', async () => {
    await start({}, { token: 'another' });
    const failure = await rig.failed([conversation('a')]);
    expect(failure).toMatchObject({ kind: 'retryable', code: 'crm_unauthorized' });
    expect(failure.message).toContain('THROUGHLINE_CRM_TOKEN');
  });

  it('a property that does not exist keeps everything and names the mapping', async () => {
    await start({}, { fields: { p_conversations: ['kind'] } });
    expect(await rig.failed([conversation('a')])).toMatchObject({ kind: 'retryable', code: 'crm_wrong_mapping' });
  });

  it('a whole batch refused is split; a web page is not an answer', async () => {
    await start();
    rig.fault({ status: 400 });
    expect(await rig.failed([conversation('a')])).toMatchObject({ kind: 'poison', code: 'crm_refused' });
    rig.fault({ status: 200, html: true });
    expect(await rig.failed([conversation('a')])).toMatchObject({ kind: 'retryable', code: 'crm_not_json' });
  });
});
