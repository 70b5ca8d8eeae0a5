// What the API says of a deployment, held against the keys it was made from.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Overview } from '../../src/api/sampling/overview-schema.ts';
import type { ConversationList, Overview as ConsoleOverview } from '../../src/console/overview.ts';
import { eventually } from '../support/eventually.ts';
import { apiRig, type Rig } from './api-client.ts';

let rig: Rig;
const metrics = createMetrics();
const resumed: number[] = [];

beforeAll(async () => {
  rig = await apiRig(
    { conversations: 40, deadLetters: 5 },
    {
      metrics,
      resumePartition: async (partition) => {
        resumed.push(partition);
        await rig.deployment.redis.hdel(rig.deployment.keys.partition(partition).meta, 'paused');
      },
    },
  );
  await rig.deployment.work(Date.now(), 0);
});
afterAll(() => rig.close());

const overview = async (): Promise<Overview> => (await (await rig.ask('/api/v1/overview')).json()) as Overview;

describe('overview', () => {
  it('adds up what the partitions count', async () => {
    const { totals, sla, deadLetters, crm } = await overview();
    const partitions = Array.from({ length: 16 }, (_, p) => p);
    const sum = (of: (p: number) => number): number => partitions.reduce((all, p) => all + of(p), 0);
    expect(totals.eventsApplied).toBe(sum((p) => 4000 + p));
    expect(totals.moves).toBe(sum((p) => 1500 + p));
    expect(totals.refused).toEqual({ stale: 16 * 12, illegal: 16 });
    expect(totals.crmRecords).toBe(8900);
    expect(sla).toMatchObject({
      compliant: 640,
      breach: 4,
      missingReceipt: 2,
      deadlines: { armed: 3, overdueMs: null },
    });
    expect(sla.objectives).toEqual([
      { objective: 'messageDelivery', pending: 4, atRisk: 0, met: 608, breach: 4 },
      { objective: 'messageRead', pending: 0, atRisk: 2, met: 336, breach: 0 },
      { objective: 'voiceAnswer', pending: 0, atRisk: 0, met: 192, breach: 0 },
      { objective: 'firstResponse', pending: 0, atRisk: 0, met: 0, breach: 0 },
    ]);
    expect(await (await rig.ask('/api/v1/sla')).json()).toEqual(sla);
    expect(deadLetters).toEqual({ waiting: 5, byCode: { not_json: 3, missing_id: 2 } });
    expect(crm).toEqual({ waiting: 3, inFlightBatches: 2, delivered: 8900 });
  });

  it('shows each partition, queue and process', async () => {
    const { partitions, queues, processes, conversations, stream } = await eventually(
      'processes seen',
      overview,
      (seen) => seen.processes.length === 4,
    );
    expect(partitions).toHaveLength(16);
    expect(partitions[5]).toMatchObject({ id: 5, depth: 6, outbox: 1, epoch: 25, awake: false, paused: null });
    expect(partitions[5]?.oldestMs).toBeGreaterThanOrEqual(2000);
    expect(partitions[4]).toMatchObject({ depth: 0, oldestMs: null });
    expect(queues.map(({ name, waiting, delayed, failed }) => [name, waiting, delayed, failed])).toEqual([
      ['partitions', 1, 0, 0],
      ['sync-crm', 0, 2, 0],
      ['sla-deadlines', 0, 3, 0],
      ['dead-letters', 0, 0, 5],
    ]);
    expect(processes.map(({ role }) => role)).toEqual(['api', 'ingester', 'worker', 'worker']);
    expect(stream).toMatchObject({ connected: true, topics: 24, channels: 1, paused: false, reconnects: 1, trouble: null }); // prettier-ignore
    expect(stream.ingesters).toMatchObject([{ id: 'ingester-41-sample', connected: true, topics: 24 }]);
    const counted = Object.values(conversations.byMedia).reduce((all, n) => all + n, 0);
    expect([conversations.inFlight, counted, conversations.truncated]).toEqual([40, 40, false]);
  });

  it('sets the gauges from the same reading', async () => {
    const text = await (await rig.askAnyone('/metrics')).text();
    expect(text).toContain('throughline_partition_depth{partition="5"} 6');
    expect(text).toContain('throughline_queue_jobs{queue="dead-letters",state="failed"} 5');
    expect(text).toContain('throughline_partition_paused{partition="0"} 0');
    const oldest = /throughline_queue_oldest_waiting_seconds\{queue="partitions"\} ([\d.]+)/.exec(text)?.[1];
    expect(Number(oldest)).toBeGreaterThan(0);
  });

  it('is what the console was written against', async () => {
    // the assignments are the test: they do not compile once the two have parted
    const told: ConsoleOverview = await overview();
    const listed: ConversationList = (await (await rig.ask('/api/v1/conversations')).json()) as ConversationList;
    expect([told.version, listed.inFlight]).toEqual(['0.1.0', 40]);
  });
});

describe('conversations', () => {
  const list = async (query: string): Promise<ConversationList> =>
    (await (await rig.ask(`/api/v1/conversations${query}`)).json()) as ConversationList;

  it('come oldest or newest first, as many as asked for', async () => {
    const [oldest, newest] = await Promise.all([list('?limit=7&order=oldest'), list('?limit=7&order=newest')]);
    const starts = (all: ConversationList): number[] => all.conversations.map(({ startedAt }) => startedAt);
    expect(starts(oldest)).toEqual(starts(oldest).toSorted((a, b) => a - b));
    expect(starts(newest)).toEqual(starts(newest).toSorted((a, b) => b - a));
    expect([oldest.conversations.length, newest.conversations.length, oldest.inFlight]).toEqual([7, 7, 40]);
    expect(Math.max(...starts(oldest))).toBeLessThan(Math.min(...starts(newest)));
  });

  it('can be asked for one by one, found by the placement rule', async () => {
    const id = rig.deployment.conversationIds[3] ?? '';
    const response = await rig.ask(`/api/v1/conversations/${id}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ v: 1, conversationId: id, phase: 'open' });
  });

  it('that are not remembered are a 404 problem', async () => {
    const response = await rig.ask('/api/v1/conversations/nobody-knows-it');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 404, code: 'conversation_unknown' });
  });
});

describe('resuming a partition', () => {
  const resume = (id: string) => rig.ask(`/api/v1/partitions/${id}/resume`, { method: 'POST' });

  it('clears the pause once', async () => {
    await rig.deployment.redis.hset(rig.deployment.keys.partition(2).meta, 'paused', 'poison flood');
    expect(await (await resume('2')).json()).toEqual({ partition: 2, resumed: true });
    expect(await (await resume('2')).json()).toEqual({ partition: 2, resumed: false });
    expect(resumed).toEqual([2]);
  });

  it('knows which partitions there are', async () => {
    expect((await resume('16')).status).toBe(404);
    const refused = await resume('seven');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: 'invalid_request', errors: [{ path: '/id' }] });
  });
});

describe('bad requests', () => {
  it('name every wrong parameter', async () => {
    const response = await rig.ask('/api/v1/conversations?limit=0&order=sideways');
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path)).toEqual(['/limit', '/order']);
  });

  it('to nowhere are a 404 problem', async () => {
    const response = await rig.askAnyone('/api/v2/overview');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found', status: 404 });
  });

  it('over the body limit name the setting and are counted, without their content', async () => {
    const body = JSON.stringify({ password: 'a secret that is much too long '.repeat(400) });
    const headers = { 'content-type': 'application/json' };
    const response = await rig.askAnyone('/sign-in', { method: 'POST', headers, body });
    expect(response.status).toBe(413);
    const problem = (await response.json()) as { detail: string };
    expect(problem.detail).toContain('THROUGHLINE_API_BODY_LIMIT_BYTES');
    expect(problem.detail).toContain('4096');
    expect(await metrics.registry.metrics()).toContain('{reason="http_body_too_large"} 1');
  });

  it('do not get their own words back', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await rig.askAnyone('/sign-in', { method: 'POST', headers, body: '{"password": my-secret' });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('my-secret');
  });
});
