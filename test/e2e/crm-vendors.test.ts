// The whole path into each vendor's emulated endpoint through its ready mapping: every conversation ends there in its
// last state, though the endpoint limits, fails single rows, answers with a web page and loses an answer meanwhile.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startCrmEmulator, type CrmEmulator } from '../../src/emulator/crm/emulator.ts';
import { faultSchema } from '../../src/emulator/crm/faults.ts';
import { EMULATED_CLIENT, EMULATED_TOKEN } from '../../src/emulator/crm/vendors/vendor.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';

let product: Product;
let crm: CrmEmulator;
let folder: string;
afterEach(async () => {
  await product.close();
  await crm.close();
  rmSync(folder, { recursive: true });
});

/** The ready mapping, with the tenant's sign-in address of the emulator. */
function mappingFor(vendor: string): string {
  folder = mkdtempSync(join(tmpdir(), 'crm-vendor-'));
  const ready = JSON.parse(readFileSync(`mappings/${vendor}.json`, 'utf8')) as { auth: { tokenUrl?: string } };
  if (ready.auth.tokenUrl?.startsWith('https:') === true) ready.auth.tokenUrl = '/tenant/oauth2/v2.0/token';
  const path = join(folder, 'mapping.json');
  writeFileSync(path, JSON.stringify(ready));
  return path;
}

describe.each([
  ['salesforce', 'salesforce/Conversation__c', 'Status__c'],
  ['hubspot', 'hubspot/p_conversations', 'state'],
  ['dynamics', 'dynamics/tl_conversations', 'tl_status'],
])('%s', (vendor, table, status) => {
  it('holds every conversation in its last state, whatever its endpoint did', async () => {
    crm = await startCrmEmulator({ port: 0 });
    product = await startProduct({
      env: {
        THROUGHLINE_CRM_URL: crm.url,
        THROUGHLINE_CRM_MAPPING: mappingFor(vendor),
        THROUGHLINE_CRM_TOKEN: EMULATED_TOKEN,
        THROUGHLINE_CRM_CLIENT_ID: EMULATED_CLIENT.id,
        THROUGHLINE_CRM_CLIENT_SECRET: EMULATED_CLIENT.secret,
        THROUGHLINE_CRM_TIMEOUT_MS: '500',
        THROUGHLINE_CRM_BATCH_MAX_RECORDS: '5',
      },
    });
    for (const fault of [
      { status: 200, html: true },
      { status: 429, retryAfterSeconds: 1 },
      { status: 503, retryAfterSeconds: 1 },
      { status: 207, times: 2 },
      { status: 200, delayMs: 1500 },
    ])
      crm.faults.add(faultSchema.parse(fault));
    await product.start('worker');
    await product.start('ingester');
    await eventually('stream connected', () => product.platform.status().sockets, (open) => open > 0); // prettier-ignore
    product.platform.driver.start(20);
    const told = () => product.platform.driver.ledger().conversations;
    await eventually('all told', () => told().every(({ settled }) => settled), Boolean, 40_000);
    const missing = () => told().filter(({ conversationId: id }) => crm.vendor.rows.find(table, id)?.fields[status] !== 'ended'); // prettier-ignore
    await eventually('all in the CRM', missing, (left) => left.length === 0, 40_000);
    expect(told().length).toBeGreaterThanOrEqual(20);
    expect(crm.faults.pending()).toBe(0);
    expect(crm.totals().requests).toBe(0);
    expect(product.failures).toEqual([]);
  });
});
