// The rest of REST: flows with what they take in, queues and users by name and id, external contacts and their merging.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { eventually } from '../../support/eventually.ts';
import { platformClient, startQuietly, type Answer, type PlatformClient } from './platform-client.ts';

let emulator: GenesysEmulator;
let client: PlatformClient;
beforeEach(async () => {
  emulator = await startQuietly();
  client = await platformClient(emulator.url);
});
afterEach(() => emulator.close());

const api = (method: string, path: string, body?: unknown): Promise<Answer> =>
  client.call(method, `/api/v2${path}`, body);

describe('flows', () => {
  it('state their inputs as JSON Schema', async () => {
    const listed = await api('GET', '/flows?name=enrich');
    const [flow] = listed.body.entities ?? [];
    expect(flow).not.toHaveProperty('inputSchema');
    const { body } = await api('GET', `/flows/${String(flow?.['id'])}`);
    expect(body).toMatchObject({
      name: 'Enrich customer',
      inputSchema: { type: 'object', required: ['accountId'], properties: { openCases: { type: 'integer' } } },
    }); // prettier-ignore
    expect((await api('GET', '/flows?type=inboundcall&includeSchemas=true')).body.entities).toEqual([
      expect.objectContaining({ inputSchema: expect.any(Object) }),
    ]);
    expect((await api('GET', '/flows/none')).body).toMatchObject({ status: 404, code: 'not.found' });
  });
});

describe('queues and users', () => {
  it('are found by name and by ids, and one by one', async () => {
    const [first, second] = emulator.center.queues;
    expect((await api('GET', '/routing/queues?name=bill*')).body.entities).toEqual([
      expect.objectContaining({ name: 'Billing' }),
    ]);
    const both = await api('GET', `/routing/queues?id=${first?.id ?? ''}&id=${second?.id ?? ''}`);
    expect(both.body['total']).toBe(2);
    expect((await api('GET', `/routing/queues/${first?.id ?? ''}`)).body['name']).toBe(first?.name);
    expect((await api('GET', '/routing/queues/none')).status).toBe(404);
    const members = await api('GET', `/routing/queues/${first?.id ?? ''}/members`);
    const [member] = members.body.entities ?? [];
    expect((await api('GET', `/users/${String(member?.['id'])}`)).body['name']).toBe(member?.['name']);
    expect((await api('GET', '/users/none')).status).toBe(404);
  });
});

describe('external contacts', () => {
  const contact = (n: number) => {
    const found = emulator.center.customers[n];
    if (found === undefined) throw new Error('no such customer');
    return found;
  };
  const lookUp = (type: string, value: string): Promise<Answer> =>
    api('POST', '/externalcontacts/identifierlookup/contacts', { type, value });

  it('are looked up by identifier, or are not there', async () => {
    const { externalContactId: id, email, phone } = contact(0);
    expect((await lookUp('Phone', phone)).body.id).toBe(id);
    expect((await lookUp('Email', email.toUpperCase())).body.id).toBe(id);
    expect((await lookUp('Email', 'nobody@example.com')).status).toBe(404);
    expect((await lookUp('Phone', '2065550100')).body).toMatchObject({ status: 400 });
  });

  it('are merged into a new canonical contact; the ancestors become its aliases, and all are told', async () => {
    const ids = [contact(1), contact(2)].map(({ externalContactId }) => externalContactId);
    const listener = await client.listen(ids.map((id) => `v2.externalcontacts.contacts.${id}`));
    const merged = await api('POST', '/externalcontacts/contacts/merge', { contactIds: ids });
    const canonical = String(merged.body.id);
    expect(ids).not.toContain(canonical);
    expect(merged.body['mergeSet']).toEqual([...ids, canonical].map((id) => expect.objectContaining({ id })));
    expect((await api('GET', `/externalcontacts/contacts/${ids[0] ?? ''}`)).body.id).toBe(canonical);
    expect((await lookUp('Phone', contact(2).phone)).body.id).toBe(canonical);
    const frames = await eventually(
      'both ancestors',
      () => listener.frames(),
      ({ length }) => length === 2,
    );
    for (const { eventBody } of frames) expect(eventBody).toMatchObject({ canonicalContactId: canonical, mergedTo: canonical }); // prettier-ignore
  });

  it('merge again over an ancestor, to at most 52, and not with themselves', async () => {
    const merge = (contactIds: string[]): Promise<Answer> =>
      api('POST', '/externalcontacts/contacts/merge', { contactIds });
    const ids = emulator.center.customers.slice(10, 70).map(({ externalContactId }) => externalContactId);
    const first = await merge(ids.slice(0, 25));
    expect(first.body['mergeSet']).toHaveLength(26);
    const again = await merge([ids[0] ?? '', ids[30] ?? '']);
    expect(again.body['mergeSet']).toHaveLength(28);
    expect((await merge(ids.slice(0, 2))).status).toBe(409);
    expect((await merge(ids.slice(25, 50).concat('x'))).status).toBe(400);
    expect((await merge(['none', ids[1] ?? ''])).status).toBe(404);
    expect((await merge([ids[0] ?? '', ...ids.slice(34, 58)])).body).toMatchObject({
      status: 400,
      message: expect.stringContaining('52'),
    });
  });

  it('claim an identifier that nobody else has, and release it', async () => {
    const [ada, ben] = [contact(3), contact(4)];
    const change = (id: string, operation: string): Promise<Answer> =>
      api('PATCH', `/externalcontacts/contacts/${id}/identifiers`, {
        operation,
        identifier: { type: 'Email', value: 'shared@example.com' },
      });
    expect((await change(ada.externalContactId, 'CLAIM')).status).toBe(200);
    expect((await change(ben.externalContactId, 'CLAIM')).body).toMatchObject({ status: 409, code: 'conflict' });
    await change(ada.externalContactId, 'RELEASE');
    expect((await change(ben.externalContactId, 'CLAIM')).status).toBe(200);
    expect((await lookUp('Email', 'shared@example.com')).body.id).toBe(ben.externalContactId);
  });
});
