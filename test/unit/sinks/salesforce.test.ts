// Salesforce: the ready mapping against the emulated sObject collections.
import { afterEach, describe, expect, it } from 'vitest';
import type { VendorOptions } from '../../../src/emulator/crm/vendors/vendor.ts';
import { conversation, message } from './crm-server.ts';
import { vendorRig, type VendorRig } from './vendor-rig.ts';

let rig: VendorRig;
const start = async (change: object = {}, options: VendorOptions = {}): Promise<VendorRig> =>
  (rig = await vendorRig('salesforce', change, options));
afterEach(() => rig.crm.close());
const TABLE = 'salesforce/Conversation__c';

describe('salesforce', () => {
  it('upserts both kinds of record by external id; sent again it changes nothing but its count', async () => {
    await start();
    const records = [conversation('c'), message('c/m')];
    expect(await rig.sent(records)).toEqual(['done', 'done']);
    expect(await rig.sent(records)).toEqual(['done', 'done']);
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(2);
    expect(rig.crm.vendor.rows.find(TABLE, 'c/m')).toMatchObject({
      writes: 2,
      fields: { Throughline_Id__c: 'c/m', Kind__c: 'Message', SLA_Status__c: 'breach' },
    });
    expect(rig.crm.vendor.rows.find(TABLE, 'c')).toMatchObject({
      fields: { Handle_Seconds__c: 13, Ended_At__c: null },
    });
    expect(rig.crm.vendor.tokens.given()).toBe(1);
  });

  it('takes 200 records a call; a larger batch is split, never sent', async () => {
    await start();
    const many = Array.from({ length: 201 }, (_, index) => conversation(`c${index}`));
    expect(await rig.failed(many)).toMatchObject({ kind: 'poison', code: 'batch_over_limit' });
    expect(new Set(await rig.sent(many.slice(1)))).toEqual(new Set(['done']));
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(200);
  });

  it('control: the endpoint itself refuses 201', async () => {
    await start();
    const records = Array.from({ length: 201 }, () => ({ attributes: { type: 'Conversation__c' } }));
    const path = '/services/data/v61.0/composite/sobjects/Conversation__c/Throughline_Id__c';
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${rig.crm.vendor.tokens.give()}` };
    const response = await fetch(rig.crm.url + path, { method: 'PATCH', headers, body: JSON.stringify({ records }) });
    expect([response.status, await response.json()]).toMatchObject([400, [{ errorCode: 'EXCEEDED_ID_LIMIT' }]]);
  });

  it('a locked row comes again, an invalid one is set aside, the rest is taken', async () => {
    await start();
    rig.fault({ status: 207, failRecordIds: ['b'] });
    expect(await rig.sent(['a', 'b', 'c'].map((id) => conversation(id)))).toEqual([
      'done',
      'retry UNABLE_TO_LOCK_ROW',
      'done',
    ]);
    rig.fault({ status: 207, failRecordIds: ['b'], recordStatus: 422 });
    expect(await rig.sent(['b', 'd'].map((id) => conversation(id)))).toEqual(['reject STRING_TOO_LONG', 'done']);
    expect(rig.crm.vendor.rows.find(TABLE, 'b')).toBeUndefined();
  });

  it('a used-up request limit pauses the queue, though its status is 403', async () => {
    await start({}, { limits: { salesforceDaily: 1 } });
    await rig.sent([conversation('a')]);
    const failure = await rig.failed([conversation('b')]);
    expect(failure).toMatchObject({ kind: 'throttled', code: 'crm_throttled', retryAfterMs: 300_000 });
    expect(failure.message).toContain('REQUEST_LIMIT_EXCEEDED');
  });

  it('an expired session is renewed by the next try', async () => {
    await start();
    await rig.sent([conversation('a')]);
    rig.crm.vendor.tokens.revokeAll();
    expect(await rig.failed([conversation('a')])).toMatchObject({ kind: 'retryable', code: 'crm_unauthorized' });
    expect(await rig.sent([conversation('a')])).toEqual(['done']);
  });

  it('a wrong secret names the settings', async () => {
    await start({}, { client: { id: 'other', secret: 'other' } });
    const failure = await rig.failed([conversation('a')]);
    expect(failure).toMatchObject({ kind: 'retryable', code: 'crm_unauthorized' });
    expect(failure.message).toContain('THROUGHLINE_CRM_CLIENT_ID and THROUGHLINE_CRM_CLIENT_SECRET');
  });

  it('a field that does not exist keeps everything and names the mapping: no split could find a culprit', async () => {
    await start({}, { fields: { Conversation__c: ['Throughline_Id__c', 'Kind__c'] } });
    const failure = await rig.failed([conversation('a'), conversation('b')]);
    expect(failure).toMatchObject({ kind: 'retryable', code: 'crm_wrong_mapping' });
    expect(failure.message).toContain('THROUGHLINE_CRM_MAPPING');
  });

  it.each([
    [
      { status: 503, retryAfterSeconds: 9 },
      { kind: 'throttled', retryAfterMs: 9000 },
    ],
    [{ status: 500 }, { kind: 'retryable', code: 'crm_unavailable' }],
    [{ status: 400 }, { kind: 'poison', code: 'crm_refused' }],
    [
      { status: 200, html: true },
      { kind: 'retryable', code: 'crm_not_json' },
    ],
  ])('%j', async (fault, expected) => {
    await start();
    rig.fault(fault);
    expect(await rig.failed([conversation('a')])).toMatchObject(expected);
    expect(await rig.sent([conversation('a')])).toEqual(['done']);
  });
});
