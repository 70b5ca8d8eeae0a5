// Dynamics 365: the ready mapping against the emulated $batch, row by row and as one change set.
import { afterEach, describe, expect, it } from 'vitest';
import type { VendorOptions } from '../../../src/emulator/crm/vendors/vendor.ts';
import { readAnswers } from '../../../src/sinks/crm/protocol/odata-batch.ts';
import { conversation, message } from './crm-server.ts';
import { vendorRig, type VendorRig } from './vendor-rig.ts';

let rig: VendorRig;
const auth = { type: 'oauth2', tokenUrl: '/practice/oauth2/v2.0/token', scope: 'https://org.example.com/.default' };
const start = async (change: object = {}, options: VendorOptions = {}): Promise<VendorRig> =>
  (rig = await vendorRig('dynamics', { auth, ...change }, options));
afterEach(() => rig?.crm.close());
const TABLE = 'dynamics/tl_conversations';
const records = (...ids: string[]) => ids.map((id) => conversation(id));

describe.each([false, true])('dynamics, atomic: %s', (atomic) => {
  it('upserts both kinds of record by the alternate key, made fit for an address', async () => {
    await start({ atomic });
    expect(await rig.sent([conversation('c'), message("c/m'n")])).toEqual(['done', 'done']);
    expect(rig.crm.vendor.rows.find(TABLE, "c_m'n")?.fields).toMatchObject({
      tl_kind: 'message',
      tl_slastatus: 'breach',
    });
    expect(rig.crm.vendor.rows.find(TABLE, 'c')?.fields).toMatchObject({ tl_handleseconds: 13 });
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(2);
  });

  it('takes 1,000 records a call; a larger batch is split, never sent', async () => {
    await start({ atomic });
    const many = Array.from({ length: 1001 }, (_, index) => conversation(`c${index}`));
    expect(await rig.failed(many)).toMatchObject({ kind: 'poison', code: 'batch_over_limit' });
    expect(new Set(await rig.sent(many.slice(1)))).toEqual(new Set(['done']));
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(1000);
  });

  it('a used-up limit pauses the queue for Retry-After', async () => {
    await start({ atomic });
    rig.fault({ status: 429, retryAfterSeconds: 42 });
    expect(await rig.failed(records('a'))).toMatchObject({ kind: 'throttled', retryAfterMs: 42_000 });
  });

  it('a column that does not exist keeps everything and names the mapping', async () => {
    await start({ atomic }, { fields: { tl_conversations: ['tl_kind'] } });
    const failure = await rig.failed(records('a', 'b'));
    expect(failure).toMatchObject({ kind: 'retryable', code: 'crm_wrong_mapping' });
    expect(failure.message).toContain('THROUGHLINE_CRM_MAPPING');
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(0);
  });

  it('an expired token is renewed by the next try; a web page is not an answer', async () => {
    await start({ atomic });
    await rig.sent(records('a'));
    rig.crm.vendor.tokens.revokeAll();
    expect(await rig.failed(records('a'))).toMatchObject({ kind: 'retryable', code: 'crm_unauthorized' });
    rig.fault({ status: 200, html: true });
    expect(await rig.failed(records('a'))).toMatchObject({ kind: 'retryable', code: 'crm_not_json' });
    expect(await rig.sent(records('a'))).toEqual(['done']);
  });
});

describe('row by row', () => {
  it('a conflict (412) comes again, an invalid row is set aside, the rest is taken', async () => {
    await start();
    rig.fault({ status: 207, failRecordIds: ['b'], recordStatus: 412 });
    expect(await rig.sent(records('a', 'b', 'c'))).toEqual(['done', 'retry crm_conflict', 'done']);
    rig.fault({ status: 207, failRecordIds: ['a'], recordStatus: 422 });
    expect(await rig.sent(records('a', 'b'))).toEqual(['reject 0x80044331', 'done']);
    rig.fault({ status: 207, failRecordIds: ['b'] });
    expect(await rig.sent(records('b'))).toEqual(['retry 0x80044150']);
  });

  it('update (If-Match: *) never creates', async () => {
    await start({ write: 'update' });
    rig.crm.vendor.rows.upsert(TABLE, 'here', {});
    expect(await rig.sent(records('here', 'new'))).toEqual(['done', 'reject 0x80040217']);
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(1);
  });

  it('create (If-None-Match: *) never overwrites, and what exists is as wished', async () => {
    await start({ write: 'create' });
    rig.crm.vendor.rows.upsert(TABLE, 'here', {});
    expect(await rig.sent(records('here', 'new'))).toEqual(['done', 'done']);
    expect(rig.crm.vendor.rows.find(TABLE, 'here')?.writes).toBe(1);
  });

  it('a key that no address can hold sets its record aside, unsent, and says how to mend the mapping', async () => {
    await start({ key: { attribute: 'tl_recordid', transform: [] } });
    const [bad, good] = await rig.verdicts([message('c/m'), conversation('c')]);
    expect(bad).toMatchObject({ kind: 'reject', code: 'crm_unmappable' });
    expect(bad).toHaveProperty('message', expect.stringContaining('add a "replace" to "key.transform"'));
    expect(good).toEqual({ kind: 'done' });
  });

  it('calls over the limit of five minutes pause the queue; those within it are taken', async () => {
    await start({}, { limits: { dynamicsFiveMinutes: 2 } });
    await rig.sent(records('a'));
    expect(await rig.sent(records('a'))).toEqual(['done']);
    expect(await rig.failed(records('a'))).toMatchObject({ kind: 'throttled' });
  });
});

describe('as one change set', () => {
  it('is taken or refused whole: an invalid row has it split, a conflict has it come again', async () => {
    await start({ atomic: true });
    rig.fault({ status: 207, failRecordIds: ['b'], recordStatus: 422 });
    expect(await rig.failed(records('a', 'b', 'c'))).toMatchObject({ kind: 'poison' });
    rig.fault({ status: 207, failRecordIds: ['b'], recordStatus: 412 });
    expect(await rig.failed(records('a', 'b', 'c'))).toMatchObject({ kind: 'conflict', code: 'crm_conflict' });
    expect(rig.crm.vendor.rows.count(TABLE)).toBe(0);
    expect(await rig.sent(records('a', 'b', 'c'))).toEqual(['done', 'done', 'done']);
  });
});

describe('the text of a batch’s answer', () => {
  const text = [
    'nobody reads this',
    '--batchresponse_1',
    'Content-Type: multipart/mixed; boundary=changesetresponse_2',
    '',
    '--changesetresponse_2',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    'Content-ID: 1',
    '',
    'HTTP/1.1 204 No Content',
    'OData-Version: 4.0',
    '',
    '',
    '--changesetresponse_2--',
    '--batchresponse_1',
    'Content-Type: application/http',
    '',
    'HTTP/1.1 412 Precondition Failed',
    'Content-Type: application/json; odata.metadata=minimal',
    '',
    '{"error":{"code":"0x80060882","message":"changed"}}',
    '--batchresponse_1--',
  ];

  it.each(['\r\n', '\n'])('is read with lines that end in %j', (end) => {
    expect(readAnswers('multipart/mixed; boundary=batchresponse_1', text.join(end))).toMatchObject([
      { status: 204, headers: { 'odata-version': '4.0' }, body: '' },
      { status: 412, body: '{"error":{"code":"0x80060882","message":"changed"}}' },
    ]);
  });

  it.each([
    ['cut off', 'multipart/mixed; boundary=batchresponse_1', text.slice(0, -1).join('\r\n')],
    ['of another kind', 'application/json', '{}'],
    [
      'with a part that is no answer',
      'multipart/mixed; boundary=x',
      '--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x--',
    ],
  ])('%s is nothing to build on', (_what, type, content) => {
    expect(() => readAnswers(type, content)).toThrow(expect.objectContaining({ code: 'crm_answer_unreadable' }));
  });
});
