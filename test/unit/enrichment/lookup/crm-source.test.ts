// Questions to the CRM, over HTTP against the emulated one and against servers that are none: each way of going wrong is
// an outcome of its own.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCrmEmulator, type CrmEmulator } from '../../../../src/emulator/crm/emulator.ts';
import { createCentre } from '../../../../src/emulator/centre/centre.ts';
import { customerFaultSchema } from '../../../../src/emulator/crm/customer-faults.ts';
import { crmSource } from '../../../../src/enrichment/lookup/crm-source.ts';
import { identifiersOf, type CustomerSource } from '../../../../src/enrichment/lookup/customer.ts';
import { lookupMappingSchema } from '../../../../src/enrichment/lookup/mapping.ts';
import { createMetrics, type Metrics } from '../../../../src/observability/metrics.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { eventually } from '../../../support/eventually.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { failureOf, startCrmServer } from '../../sinks/crm-server.ts';

const [jane] = createCentre(1).customers;
if (jane === undefined) throw new Error('the contact centre has customers');
const identity = { phone: jane.phone, email: jane.email, externalContactId: jane.externalContactId };
const never = new AbortController().signal;

let crm: CrmEmulator;
let metrics: Metrics;
beforeEach(async () => {
  crm = await startCrmEmulator({ port: 0 });
  metrics = createMetrics();
});
afterEach(() => crm.close());

const mappingOf = (given: object = {}) => lookupMappingSchema.parse(given);
const sourceOf = (url: string, mapping = mappingOf(), clock = systemClock): CustomerSource =>
  crmSource({
    url,
    mapping,
    credentials: { token: 'secret-token', clientId: undefined, clientSecret: undefined },
    timeoutMs: 5000,
    clock,
    metrics,
  });
async function ask(source: CustomerSource, mapping = mappingOf()) {
  const [first] = identifiersOf(mapping, identity);
  if (first === undefined) throw new Error('no identifier');
  return source.ask(first, 'live', never);
}
const fault = (given: object): boolean => crm.customers.faults.add(customerFaultSchema.parse(given));
const leftOut = async (reason: string): Promise<number> => {
  const metric = await metrics.registry.getSingleMetric('throughline_lookup_attributes_left_out_total')?.get();
  return metric?.values.find(({ labels }) => labels['reason'] === reason)?.value ?? 0;
};

describe('the emulated CRM', () => {
  it('knows the customers of the contact centre by each of their identifiers', async () => {
    const source = sourceOf(crm.url);
    const answers = await Promise.all(
      identifiersOf(mappingOf(), identity).map((one) => source.ask(one, 'live', never)),
    );
    expect(answers).toHaveLength(3);
    for (const answer of answers) {
      expect(answer).toMatchObject({ accountId: jane.accountId, tier: jane.tier, isVip: jane.tier === 'gold' });
      expect(answer?.['openCases']).toEqual(expect.any(Number));
    }
  });

  it('knows nobody else', async () => {
    const [stranger] = identifiersOf(mappingOf(), { phone: '+19995550100' });
    expect(stranger && (await sourceOf(crm.url).ask(stranger, 'live', never))).toBeUndefined();
  });
});

describe('faults', () => {
  it('an answer after 20 s is given up after 5, by the clock', async () => {
    const clock = createFakeClock();
    fault({ delayMs: 20_000 });
    const asked = failureOf(ask(sourceOf(crm.url, mappingOf(), clock)));
    await eventually(
      'the question is there',
      () => crm.customers.totals().lookups,
      (count) => count === 1,
    );
    expect(clock.waits()).toEqual([5000]);
    clock.advance(5000);
    expect(await asked).toMatchObject({ kind: 'retryable', code: 'timeout', message: expect.stringContaining('THROUGHLINE_ENRICHMENT_LOOKUP_TIMEOUT_MS') }); // prettier-ignore
  });

  it.each([
    [{ status: 500 }, { kind: 'retryable', code: 'crm_unavailable' }],
    [{ status: 401 }, { kind: 'retryable', code: 'crm_unauthorized', message: expect.stringContaining('THROUGHLINE_CRM_TOKEN') }],
    [{ status: 503, retryAfterSeconds: 7 }, { kind: 'throttled', retryAfterMs: 7000 }],
    [{ status: 429, retryAfterSeconds: 3600 }, { kind: 'throttled', code: 'crm_throttled', retryAfterMs: 3_600_000 }],
    [{ answer: 'html' }, { kind: 'retryable', code: 'crm_not_json', message: expect.stringContaining('THROUGHLINE_ENRICHMENT_CRM_URL') }],
  ])('%j', async (given, expected) => {
    fault(given);
    expect(await failureOf(ask(sourceOf(crm.url)))).toMatchObject(expected);
    expect(await ask(sourceOf(crm.url))).toMatchObject({ accountId: jane.accountId });
  }); // prettier-ignore

  it('flapping: one of two fails', async () => {
    fault({ status: 500, every: 2, times: 3 });
    const outcomes: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      outcomes.push(await ask(sourceOf(crm.url)).then(() => 'ok', () => 'failed')); // prettier-ignore
    }
    expect(outcomes).toEqual(['ok', 'failed', 'ok', 'failed', 'ok', 'failed']);
    expect(await ask(sourceOf(crm.url))).toBeDefined();
  });

  it('values of other types come through: what they are worth is for validation to say', async () => {
    fault({ answer: 'wrong-types' });
    expect(await ask(sourceOf(crm.url))).toMatchObject({
      openCases: 'several',
      isVip: 'banana',
      accountId: { number: 7 },
    });
  });

  it('a customer with 500 attributes too many keeps 500, and the rest is counted', async () => {
    fault({ answer: 'many-attributes' });
    const all = await ask(sourceOf(crm.url));
    expect(Object.keys(all ?? {})).toHaveLength(500);
    expect(all).toMatchObject({ accountId: jane.accountId });
    expect(await leftOut('too_many')).toBe(9);
    fault({ answer: 'many-attributes' });
    const mapping = mappingOf({ attributes: { account: 'accountId', level: { from: 'tier', transform: ['upper'] }, gone: 'nothing' } }); // prettier-ignore
    expect(await ask(sourceOf(crm.url, mapping), mapping)).toEqual({ account: jane.accountId, level: jane.tier.toUpperCase() }); // prettier-ignore
  });
});

describe('servers that are no such CRM', () => {
  it.each([
    ['a customer that is text', { status: 200, body: '{"customers":["Jane"]}' }, { kind: 'poison', code: 'lookup_answer_unreadable', message: expect.stringContaining('a string at "customers.0"') }],
    ['no JSON', { status: 200, body: 'hello' }, { kind: 'retryable', code: 'crm_not_json' }],
    ['an address that is elsewhere', { status: 302, headers: { location: 'https://login.example.com/x?y=z' } }, { kind: 'retryable', code: 'crm_redirect' }],
    ['an answer without end', { status: 200, body: `{"customers":[{"a":"${'x'.repeat(1_100_000)}"}]}` }, { kind: 'poison', code: 'lookup_answer_too_large' }],
  ])('%s', async (_name, answer, expected) => {
    const server = await startCrmServer();
    server.answer = answer;
    const failure = await failureOf(ask(sourceOf(server.url)));
    expect(failure).toMatchObject(expected);
    expect(failure.message).not.toMatch(/Jane|3175550|y=z/);
    server.close();
  }); // prettier-ignore

  it.each([404, 204])('%i is nobody', async (status) => {
    const server = await startCrmServer();
    server.answer = { status };
    expect(await ask(sourceOf(server.url))).toBeUndefined();
    server.close();
  });

  it('is asked as the mapping says, with the value where it cannot become anything else', async () => {
    const server = await startCrmServer();
    server.answer = { status: 200, body: '{"hits":[{"f":{"Tier":"gold","Long":"x"}}]}' };
    const mapping = mappingOf({
      method: 'POST',
      headers: { 'X-Org': '7' },
      identifiers: [
        { by: 'email', path: '/search/{value}', body: { any: [{ field: 'Email', is: 'x{value}' }], top: 1 } },
      ],
      customer: 'hits.0.f',
      attributes: { tier: 'Tier' },
    });
    const [email] = identifiersOf(mapping, { email: '"},a/../?&{value}@example.com' });
    const found = email && (await sourceOf(`${server.url}/api`, mapping).ask(email, 'live', never));
    expect(found).toEqual({ tier: 'gold' });
    const [seen] = server.seen;
    expect(seen?.path).toBe('/api/search/%22%7D%2Ca%2F..%2F%3F%26%7Bvalue%7D%40example.com');
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      any: [{ field: 'Email', is: 'x"},a/../?&{value}@example.com' }],
      top: 1,
    });
    expect(seen?.headers).toMatchObject({ 'x-org': '7', authorization: 'Bearer secret-token' });
    server.close();
  });
});
