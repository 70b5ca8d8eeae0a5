// Conversations over REST: per medium, ended and held by a request, attributes, and custom attributes with a version.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { eventually } from '../../support/eventually.ts';
import { platformClient, settled, startQuietly, type Answer, type PlatformClient } from './platform-client.ts';

interface Person {
  readonly id: string;
  readonly purpose: string;
  readonly state?: string;
  readonly held?: boolean;
  readonly endTime?: string;
  readonly wrapup?: unknown;
  readonly user?: { readonly id: string };
  readonly attributes: Record<string, string>;
}

let emulator: GenesysEmulator;
let client: PlatformClient;
beforeEach(async () => {
  // Slow enough that a conversation outlives a few requests.
  emulator = await startQuietly({ speed: 20 });
  client = await platformClient(emulator.url);
});
afterEach(() => emulator.close());

const start = (media: 'voice' | 'message' | 'email' | 'callback'): string => emulator.driver.start(1, media)[0] ?? '';
const people = ({ body }: Answer): Person[] => body['participants'] as Person[];
const read = async (path: string): Promise<Person[]> =>
  people(await client.call('GET', `/api/v2/conversations/${path}`));
const talking = (path: string): Promise<Person[]> =>
  eventually(
    'an agent to be connected',
    () => read(path),
    (all) => all.some(({ purpose, state }) => purpose === 'agent' && state === 'connected'),
  );

describe('a conversation under its medium', () => {
  it.each([
    ['voice', 'calls', 'recordingState'],
    ['message', 'messages', 'messages'],
    ['email', 'emails', 'subject'],
    ['callback', 'callbacks', 'callbackNumbers'],
  ] as const)('%s has flat participants with what is its own', async (media, path, own) => {
    const id = start(media);
    const [customer] = await read(`${path}/${id}`);
    expect(customer).toMatchObject({ purpose: 'customer', attributes: { 'crm.tier': expect.any(String) } });
    expect(customer).toHaveProperty(own);
    const other = media === 'voice' ? 'emails' : 'calls';
    expect((await client.call('GET', `/api/v2/conversations/${other}/${id}`)).status).toBe(404);
  });

  it('takes attributes and answers what they will be', async () => {
    const id = start('email');
    const [customer] = await read(`emails/${id}`);
    const path = `/api/v2/conversations/emails/${id}/participants/${customer?.id ?? ''}/attributes`;
    const answer = await client.call('PATCH', path, { attributes: { 'crm.tier': 'platinum' } });
    expect(answer.status).toBe(202);
    expect(answer.body['attributes']).toEqual({ 'crm.accountId': expect.any(String), 'crm.tier': 'platinum' });
    await eventually(
      'the merge',
      async () => (await read(`emails/${id}`))[0]?.attributes,
      (attributes) => attributes?.['crm.tier'] === 'platinum',
    );
  });
});

describe('a call', () => {
  it('is ended by a request: all out at once, the agent wraps up, nobody stays busy', async () => {
    const id = start('voice');
    await talking(`calls/${id}`);
    const answer = await client.call('PATCH', `/api/v2/conversations/calls/${id}`, { state: 'disconnected' });
    expect(answer.status).toBe(200);
    expect(people(answer).every(({ endTime }) => endTime !== undefined)).toBe(true);
    const ends = people(answer).map(({ endTime }) => endTime);
    await settled(emulator);
    const after = await read(`calls/${id}`);
    expect(after.map(({ endTime }) => endTime)).toEqual(ends);
    expect(after.find(({ user, wrapup }) => user !== undefined && wrapup !== undefined)).toBeDefined();
    expect(emulator.status().busyAgents).toBe(0);
  });

  it('is ended while it rings, and the agent is free again', async () => {
    const id = start('voice');
    await eventually(
      'ringing',
      () => read(`calls/${id}`),
      (all) => all.some(({ state }) => state === 'alerting'),
    );
    await client.call('PATCH', `/api/v2/conversations/calls/${id}`, { state: 'disconnected' });
    await settled(emulator);
    expect(emulator.status().busyAgents).toBe(0);
  });

  it('is held and let go; who has left is not', async () => {
    const id = start('voice');
    const agent = (await talking(`calls/${id}`)).find(({ state, user }) => user !== undefined && state === 'connected');
    const path = `/api/v2/conversations/calls/${id}/participants/${agent?.id ?? ''}`;
    const isHeld = async (): Promise<boolean | undefined> =>
      (await read(`calls/${id}`)).find((one) => one.id === agent?.id)?.held;
    expect((await client.call('PATCH', path, { held: true })).status).toBe(202);
    expect(await isHeld()).toBe(true);
    await client.call('PATCH', path, { held: false });
    expect(await isHeld()).toBe(false);
    await client.call('PATCH', path, { state: 'disconnected' });
    expect((await client.call('PATCH', path, { held: true })).status).toBe(400);
  });
});

describe('custom attributes', () => {
  const path = (id: string): string => `/api/v2/conversations/${id}/customattributes`;
  const record = async (id: string): Promise<Record<string, unknown>> =>
    (await client.call('GET', `${path(id)}/crm`)).body;

  it('are created, amended and replaced, each write a version', async () => {
    const id = start('email');
    const first = await client.call('PUT', path(id), { id: 'crm', schemaId: 's1', customAttributes: { tier: 'gold', cases: 2 } }); // prettier-ignore
    expect(first).toMatchObject({ status: 200, body: { id: 'crm' } });
    expect(await record(id)).toMatchObject({ version: 1, conversationId: id, schema: { id: 's1' } });
    const amended = await client.call('PATCH', path(id), { id: 'crm', version: 1, customAttributes: { cases: 3 } });
    expect(amended.status).toBe(204);
    expect(await record(id)).toMatchObject({ version: 2, customAttributes: { tier: 'gold', cases: 3 } });
    await client.call('PUT', path(id), { id: 'crm', customAttributes: { tier: 'silver' } });
    expect(await record(id)).toMatchObject({ version: 3, customAttributes: { tier: 'silver' } });
    expect((await record(id))['customAttributes']).not.toHaveProperty('cases');
    expect((await client.call('GET', path(id))).body['results']).toHaveLength(1);
  });

  it('refuse a write to another version, and of equal writers take one', async () => {
    const id = start('email');
    await client.call('PUT', path(id), { id: 'crm', version: 0, customAttributes: { n: 0 } });
    const writers = Array.from({ length: 8 }, (_, n) =>
      client.call('PATCH', path(id), { id: 'crm', version: 1, customAttributes: { n } }),
    );
    const statuses = (await Promise.all(writers)).map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses).toEqual([204, 409, 409, 409, 409, 409, 409, 409]);
    const stale = await client.call('PUT', path(id), { id: 'crm', version: 1, customAttributes: {} });
    expect(stale.body).toMatchObject({ status: 409, code: 'conflict' });
    expect((await record(id))['version']).toBe(2);
  });

  it('are not there until somebody made them', async () => {
    const id = start('email');
    expect((await client.call('GET', `${path(id)}/crm`)).status).toBe(404);
    expect((await client.call('PATCH', path(id), { id: 'crm', customAttributes: {} })).status).toBe(404);
    expect((await client.call('PUT', path('nothing'), { id: 'crm', customAttributes: {} })).status).toBe(404);
    expect((await client.call('PUT', path(id), { customAttributes: {} })).status).toBe(400);
  });
});
