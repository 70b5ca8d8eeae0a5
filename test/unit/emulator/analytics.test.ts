// Analytics of the emulator: what it shows, how late, in which pages, and that it tells the ledger's story.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { inInterval } from '../../../src/emulator/genesys/resources/analytics-query.ts';
import { eventually } from '../../support/eventually.ts';
import { platformClient, post, settled, startQuietly, type PlatformClient } from './platform-client.ts';

interface Found {
  readonly conversationId: string;
  readonly conversationEnd?: string;
  readonly participants: readonly { purpose: string; sessions: { segments: { segmentType: string }[] }[] }[];
}

const PATH = '/api/v2/analytics/conversations';
let emulator: GenesysEmulator;
let client: PlatformClient;
beforeEach(async () => {
  emulator = await startQuietly();
  client = await platformClient(emulator.url);
  await delays({ queryLagMs: 0, jobLagMs: 0 });
});
afterEach(() => emulator.close());

const delays = (body: object): ReturnType<typeof post> => post(`${emulator.url}/emulator/analytics`, body);
const around = (beforeMs = 60_000, afterMs = 60_000): string =>
  [Date.now() - beforeMs, Date.now() + afterMs].map((at) => new Date(at).toISOString()).join('/');
const query = (body: object = {}) => client.call('POST', `${PATH}/details/query`, { interval: around(), ...body });
const foundBy = async (body: object = {}): Promise<readonly Found[]> =>
  ((await query(body)).body['conversations'] ?? []) as Found[];

describe('the details query', () => {
  it('shows every conversation of the interval with its participants and segments, as the ledger has them', async () => {
    const ids = emulator.driver.start(6);
    await settled(emulator);
    const found = await foundBy({ paging: { pageSize: 100, pageNumber: 1 } });
    expect(found.map(({ conversationId }) => conversationId).sort()).toEqual([...ids].sort());
    for (const entry of emulator.driver.ledger().conversations) {
      const seen = found.find(({ conversationId }) => conversationId === entry.conversationId);
      expect(seen?.conversationEnd).toBe(entry.endTime);
      expect(seen?.participants.map(({ purpose }) => purpose)).toEqual(
        entry.participants.map(({ purpose }) => purpose),
      );
      const wrapUps = seen?.participants.flatMap(({ sessions }) => sessions).flatMap(({ segments }) => segments);
      expect(wrapUps?.some(({ segmentType }) => segmentType === 'wrapup')).toBe(
        entry.participants.some(({ afterCallWork }) => afterCallWork !== undefined),
      );
    }
  });

  it('is behind life by its lag: neither the beginning nor the end is shown before its time', async () => {
    await delays({ queryLagMs: 3_600_000 });
    emulator.driver.start(2);
    await settled(emulator);
    expect(await query()).toMatchObject({ status: 200, body: { totalHits: 0 } });
    expect((await query()).body).not.toHaveProperty('conversations');
  });

  it('filters by segments and by whether there is an end', async () => {
    emulator.driver.start(8, 'voice');
    await settled(emulator);
    const [queue] = emulator.center.queues;
    const predicate = { type: 'dimension', dimension: 'queueId', operator: 'matches', value: queue?.id };
    const paging = { pageSize: 100, pageNumber: 1 };
    const ofQueue = await foundBy({ paging, segmentFilters: [{ type: 'or', predicates: [predicate] }] });
    const expected = emulator.driver
      .ledger()
      .conversations.filter(({ participants }) => participants.some(({ queueId }) => queueId === queue?.id));
    expect(ofQueue.length).toBe(expected.length);
    const open = { type: 'dimension', dimension: 'conversationEnd', operator: 'notExists' };
    expect(await foundBy({ conversationFilters: [{ type: 'and', predicates: [open] }] })).toEqual([]);
  });

  it('pages that drift repeat conversations, and no conversation is missed by who reads to the empty page', async () => {
    await delays({ drift: 1 });
    const ids = emulator.driver.start(7);
    await settled(emulator);
    const seen: string[] = [];
    for (let pageNumber = 1; ; pageNumber += 1) {
      const page = await foundBy({ paging: { pageSize: 3, pageNumber } });
      if (page.length === 0) break;
      seen.push(...page.map(({ conversationId }) => conversationId));
    }
    expect(seen.length).toBeGreaterThan(7);
    expect([...new Set(seen)].sort()).toEqual([...ids].sort());
  });

  it('refuses pages too large, intervals too long or turned round, and dimensions it does not know', async () => {
    const day = 86_400_000;
    const refused = [
      { paging: { pageSize: 101, pageNumber: 1 } },
      { paging: { pageSize: 100, pageNumber: 1001 } },
      { interval: around(32 * day) },
      { interval: around(0, -5000) },
      { interval: 'yesterday' },
    ];
    for (const body of refused) expect(await query(body)).toMatchObject({ status: 400 });
    emulator.driver.start(1);
    await settled(emulator);
    const filter = { type: 'and', predicates: [{ dimension: 'moonPhase', operator: 'exists' }] };
    expect(await query({ segmentFilters: [filter] })).toMatchObject({ status: 400, body: { code: 'bad.request' } });
  });

  it('leaves out what began on a day that the interval does not touch, which a job does not', () => {
    const at = (text: string): number => Date.parse(`2026-03-${text}:00Z`);
    const open = { conversationId: 'c', conversationStart: '2026-03-02T23:50:00Z', originatingDirection: 'inbound', divisionIds: [], participants: [] }; // prettier-ignore
    const interval = { from: at('03T00:03'), to: at('03T00:07') };
    expect(inInterval(open, interval, at('03T01:00'), true)).toBe(false);
    expect(inInterval(open, interval, at('03T01:00'), false)).toBe(true);
  });
});

describe('one conversation’s details', () => {
  it('come without attributes, as the SDK declares them; an unknown one is not found', async () => {
    const [id = ''] = emulator.driver.start(1, 'voice');
    await settled(emulator);
    const { body } = await client.call('GET', `${PATH}/${id}/details`);
    const [customer] = body['participants'] as object[];
    expect(body['conversationId']).toBe(id);
    expect(customer).not.toHaveProperty('attributes');
    expect((await client.call('GET', `${PATH}/nobody/details`)).status).toBe(404);
    const many = await client.call('GET', `${PATH}/details?id=${id},nobody`);
    expect(many.body['conversations']).toHaveLength(1);
    const repeated = await client.call('GET', `${PATH}/details?id=${id}&id=nobody`);
    expect(repeated.body).toEqual(many.body);
  });
});

describe('a details job', () => {
  const submit = async (): Promise<string> => {
    const { status, body } = await client.call('POST', `${PATH}/details/jobs`, { interval: around() });
    expect(status).toBe(202);
    return String(body['jobId']);
  };
  const fulfilled = (jobId: string) =>
    eventually(
      'the job',
      () => client.call('GET', `${PATH}/details/jobs/${jobId}`),
      ({ body }) => body['state'] === 'FULFILLED',
    );

  it('is worked on, then read by cursor to its end', async () => {
    const ids = emulator.driver.start(5);
    await settled(emulator);
    const jobId = await submit();
    expect((await client.call('GET', `${PATH}/details/jobs/${jobId}/results`)).status).toBe(400);
    await fulfilled(jobId);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const after = cursor === undefined ? '' : `&cursor=${cursor}`;
      const { body } = await client.call('GET', `${PATH}/details/jobs/${jobId}/results?pageSize=2${after}`);
      seen.push(...(body['conversations'] as Found[]).map(({ conversationId }) => conversationId));
      cursor = body['cursor'] as string | undefined;
    } while (cursor !== undefined);
    expect(seen.sort()).toEqual([...ids].sort());
    expect((await client.call('GET', `${PATH}/details/jobs/${jobId}/results?cursor=other.2`)).status).toBe(400);
  });

  it('holds nothing newer than the availability it states, and can be cancelled', async () => {
    await delays({ jobLagMs: 3_600_000 });
    emulator.driver.start(1);
    await settled(emulator);
    const { body } = await client.call('GET', `${PATH}/details/jobs/availability`);
    expect(Date.parse(String(body['dataAvailabilityDate']))).toBeLessThan(Date.now() - 3_500_000);
    const jobId = await submit();
    await fulfilled(jobId);
    const results = await client.call('GET', `${PATH}/details/jobs/${jobId}/results`);
    expect(results.body['conversations']).toEqual([]);
    expect((await client.call('DELETE', `${PATH}/details/jobs/${jobId}`)).status).toBe(204);
    expect((await client.call('GET', `${PATH}/details/jobs/${jobId}`)).body['state']).toBe('CANCELLED');
  });
});
