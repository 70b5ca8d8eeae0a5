// Enrichment from end to end on its real parts: platform, CRM, roles, SQL store, a webhook receiver, API and commands.
// What each of them says of one conversation is the same, under one trace.
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/cli/up/ports.ts';
import { startApiRole } from '../../workers/roles/api.role.ts';
import type { RunningRole } from '../../workers/roles/foundation.ts';
import { attributesOf, customerOf, hangUp, overwrite } from '../support/customer-on-platform.ts';
import { commandLine, PASSWORD } from '../support/dead-letter-rig.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';
import { freshDatabase, type Database } from '../support/warehouse-rig.ts';
import { verified, webhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

let database: Database;
let receiver: WebhookReceiver;
let product: Product;
let api: RunningRole;
let throughline: ReturnType<typeof commandLine>;
let secret: string;

beforeAll(async () => {
  database = await freshDatabase();
  receiver = await webhookReceiver();
  product = await startProduct({
    // nobody hangs up before the test is done
    speed: 1,
    env: {
      DATABASE_URL: database.url,
      THROUGHLINE_ENRICHMENT: 'on',
      THROUGHLINE_WEBHOOK_ALLOW: '127.0.0.1',
      THROUGHLINE_API_PORT: String(await freePort('127.0.0.1')),
    },
    rules: { targets: { isVip: 'custom' } },
  });
  await product.start('worker');
  api = await startApiRole(product.base);
  throughline = commandLine({ port: product.config.apiPort }, PASSWORD);
  const added = await throughline('webhooks', 'add', 'data-lake', `${receiver.url}/in`, '--events', 'conversation.attributes.enriched', '--json'); // prettier-ignore
  secret = /whsec_[\w+/=]+/.exec(added.out)?.[0] ?? '';
  await product.start('ingester');
  await eventually('stream connected', () => product.platform.status().sockets, (open) => open > 0); // prettier-ignore
});
afterAll(async () => {
  await api.stop();
  await product.close();
  await receiver.close();
  await database.drop();
});

const begin = (): string => product.platform.driver.start(1, 'email')[0] ?? '';
const isEnriched = (id: string) =>
  eventually('the attributes', () => attributesOf(product, id), (attributes) => 'accountId' in attributes); // prettier-ignore
const rowsOf = (id: string) =>
  database.rows<{ trace_id: string; outcome: string; success: boolean; payload_hash: string }>('select trace_id, outcome, success, payload_hash from throughline.enrichment_audit where conversation_id = $1', [id]); // prettier-ignore
const auditOf = (id: string) => eventually('the audit of it', () => rowsOf(id), ({ length }) => length > 0); // prettier-ignore
const newsOf = (id: string) => receiver.at('/in').filter(({ body }) => body.includes(id));

describe('a conversation that starts', () => {
  it('is enriched, announced and recorded once, and all who tell of it agree', async () => {
    const id = begin();
    const attributes = await isEnriched(id);
    const customer = customerOf(product, id);
    expect(attributes).toMatchObject({ accountId: customer?.accountId, tier: customer?.tier });

    const [row] = await auditOf(id);
    expect(row).toMatchObject({ success: true, outcome: 'injected' });
    const [hit] = await eventually('the webhook', () => newsOf(id), ({ length }) => length > 0); // prettier-ignore
    if (hit === undefined || row === undefined) throw new Error('neither is undefined');
    const news = verified(secret, hit) as { attributes: Record<string, unknown> };
    expect(news).toMatchObject({ conversationId: id, traceId: row.trace_id, attributes: { accountId: customer?.accountId } }); // prettier-ignore
    expect(hit.headers['x-trace-id']).toBe(row.trace_id);

    const told = await throughline('audit', '--conversation', id);
    expect([told.exitCode, told.error]).toEqual([0, '']);
    expect(told.out).toContain(row.trace_id);
    expect(told.out).toContain(row.payload_hash.slice(0, 12));
    expect(told.out).not.toContain(customer?.accountId);

    const inspected = await throughline('inspect-attributes', id, '--json');
    const report = JSON.parse(inspected.out) as { send: { participant: { attributes: Record<string, string> } } };
    expect(attributes).toMatchObject(report.send.participant.attributes);
    for (const key of Object.keys(report.send.participant.attributes)) expect(news.attributes).toHaveProperty(key);
    expect(news.attributes).toHaveProperty('isVip', customer?.tier === 'gold');
    expect(await rowsOf(id)).toHaveLength(1);
    expect(newsOf(id)).toHaveLength(1);
    expect(product.failures).toEqual([]);
  });
});

async function enrich(ids: readonly string[]) {
  const list = join(tmpdir(), `${randomUUID()}.txt`);
  writeFileSync(list, ids.join('\n'));
  const { out, exitCode } = await throughline('enrich', '--conversations', list, '--json').finally(() => rmSync(list));
  return { summary: JSON.parse(out) as Record<string, unknown>, exitCode };
}

describe('throughline enrich', () => {
  it('ends with what the audit says of each, and tells nobody of what changed nothing', async () => {
    const [known, overwritten, over, unknown] = [begin(), begin(), begin(), randomUUID()];
    for (const id of [known, overwritten, over]) {
      await isEnriched(id);
      await eventually('its news', () => newsOf(id), ({ length }) => length === 1); // prettier-ignore
    }
    await overwrite(product, overwritten, 'accountId');
    await hangUp(product, over);
    const { summary, exitCode } = await enrich([known, overwritten, over, unknown]);
    const outcomes = { injected: 2, ended: 1, forgotten: 1 };
    expect(summary).toMatchObject({ conversations: 4, done: 4, succeeded: 2, cutShort: false, outcomes });
    expect(summary['latencyMs']).toMatchObject({ p50: expect.any(Number) as number });
    expect(exitCode).toBe(1);
    for (const [id, news] of [
      [known, 1],
      [overwritten, 2],
      [over, 1],
    ] as const) {
      // prettier-ignore
      await eventually('its news', () => newsOf(id), ({ length }) => length === news); // prettier-ignore
      expect(await rowsOf(id)).toHaveLength(2);
    }
    expect(attributesOf(product, overwritten)['accountId']).toMatch(/^ACC-/);
  });
});
