// A customer's data on its whole way: from a conversation that starts to the attributes of its customer on the emulated
// platform, held against the flow; and the inspector, who sees the same.
import { afterEach, describe, expect, it } from 'vitest';
import { validateAttributesQueue } from '../../queues/validate-attributes.queue.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { openQueues } from '../../workers/roles/open-queues.ts';
import { topology } from '../../workers/topology.ts';
import { openInspector } from '../../workers/roles/inspector.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';

const DECLARED = ['accountId', 'tier', 'openCases', 'isVip', 'lifetimeValue', 'customerSince', 'lastContactAt'];
const TO_CUSTOM = { targets: { openCases: 'custom', isVip: 'custom' } };

let product: Product;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await product.close();
});

async function start(rules: object = {}): Promise<void> {
  product = await startProduct({
    // slow enough for a conversation to go on while it is enriched
    speed: 5,
    env: { THROUGHLINE_ENRICHMENT: 'on', THROUGHLINE_PARTITION_LINGER_MS: '50' },
    rules,
  });
  await product.start('worker');
  await product.start('ingester');
  await eventually('stream connected', () => product.platform.status().sockets, (open) => open > 0); // prettier-ignore
}

const begin = (): string => product.platform.driver.start(1, 'voice')[0] ?? '';

const attributesOf = (id: string): Readonly<Record<string, string>> => {
  const { participants = [] } = product.platform.driver.find(id)?.snapshot ?? {};
  return participants.find(({ purpose }) => purpose === 'customer')?.attributes ?? {};
};
const customOf = (id: string): Readonly<Record<string, unknown>> =>
  Object.assign(
    {},
    ...[...(product.platform.driver.find(id)?.customAttributes.values() ?? [])].map((one) => one.values),
  );

const customerOf = (id: string) => {
  const { participants = [] } = product.platform.driver.find(id)?.snapshot ?? {};
  const contact = participants.find(({ purpose }) => purpose === 'customer')?.externalContactId;
  return product.platform.center.customers.find(({ externalContactId }) => externalContactId === contact);
};

async function tell(answer: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const told = await fetch(`${product.crm.url}/customers/faults`, { method: 'POST', headers, body: JSON.stringify({ answer, times: 100 }) }); // prettier-ignore
  expect(told.status).toBe(204);
}

async function counted(name: Parameters<Product['base']['metrics']['count']>[0]): Promise<Record<string, number>> {
  const values = (await product.base.metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
  return Object.fromEntries(values.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

const until = (what: string, id: string, key: string) =>
  eventually(what, () => attributesOf(id), (attributes) => Object.hasOwn(attributes, key)); // prettier-ignore

describe('what the CRM knows of a customer', () => {
  it('is on the conversation as the flow declares it, and nothing else is', async () => {
    await start(TO_CUSTOM);
    const id = begin();
    const attributes = await until('the attributes', id, 'lifetimeValue');
    const customer = customerOf(id);
    expect(attributes).toMatchObject({ accountId: customer?.accountId, tier: customer?.tier });
    expect(
      Object.keys(attributes)
        .filter((key) => !/^(crm|ivr)\.|^language$/.test(key))
        .toSorted(),
    ).toEqual(DECLARED.filter((key) => key !== 'openCases' && key !== 'isVip').toSorted());
    const custom = await eventually('the custom attributes', () => customOf(id), (now) => 'isVip' in now); // prettier-ignore
    expect(custom).toMatchObject({ isVip: customer?.tier === 'gold', openCases: expect.any(Number) as number });
    // the CRM has no language of some: a flow that would take null gets none
    const { as_is: asIs = 0, missing = 0, extra } = await counted('throughline_enrichment_attributes_total');
    expect([asIs + missing, extra]).toEqual([8, 1]);
    // and the way there holds nothing of it in clear
    const queue = openQueue(validateAttributesQueue, product.base.connection, product.base.keys, () => undefined);
    closing.push(() => queue.close());
    expect(JSON.stringify(await queue.getJobs())).not.toContain(customer?.accountId);
  });

  it('of wrong types is refused value by value, and the rest goes', async () => {
    await start();
    await tell('wrong-types');
    const id = begin();
    await until('what is right', id, 'lifetimeValue');
    expect(Object.keys(attributesOf(id))).not.toEqual(expect.arrayContaining(['isVip']));
    expect(await counted('throughline_enrichment_attributes_refused_total')).toEqual({
      'string other_type': 1,
      'integer no_decimal_number': 1,
      'boolean no_yes_or_no': 1,
      'date no_iso_date': 1,
    });
  });

  it('of 500 attributes more leaves those out that nobody declares', async () => {
    await start();
    await tell('many-attributes');
    const id = begin();
    await until('what is declared', id, 'lifetimeValue');
    expect(Object.keys(attributesOf(id)).filter((key) => key.startsWith('custom_'))).toEqual([]);
    const { extra = 0 } = await counted('throughline_enrichment_attributes_total');
    expect(extra).toBeGreaterThan(400);
  });
});

describe('the inspector', () => {
  it('sees what was sent, and sends what it sees', async () => {
    await start();
    await tell('wrong-types');
    const queues = openQueues(product.base);
    const opened = openInspector({ base: product.base, path: topology(product.config, product.base.metrics), queues });
    closing.push(() => opened?.close(), () => queues.close()); // prettier-ignore
    const id = begin();
    await until('the first enrichment', id, 'lifetimeValue');
    const signal = new AbortController().signal;
    const report = await opened?.inspector.look(id, { signal });
    expect(report?.attributes.filter(({ result }) => result === 'MISMATCH').map(({ key }) => key)).toEqual(['accountId', 'openCases', 'isVip', 'customerSince']); // prettier-ignore
    expect(report?.extra).toEqual(['city']);
    expect(attributesOf(id)).toMatchObject(report?.send.participant?.attributes ?? {});
    const workflow = product.platform.center.flows.find(({ type }) => type === 'inboundcall');
    const sent = await opened?.inspector.send(id, { flowId: workflow?.id, signal });
    expect(sent?.inspection.schemaKeys).toEqual(['language', 'accountId']);
    await eventually('the injection', () => counted('throughline_injections_total'), (totals) => (totals['unchanged'] ?? 0) > 0); // prettier-ignore
  });
});
