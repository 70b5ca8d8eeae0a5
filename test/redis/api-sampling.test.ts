// The sampling: true rates and percentiles on a clock that the test moves, and a cost that the load does not move.
import { afterEach, describe, expect, it, inject } from 'vitest';
import { createLatencyWindow } from '../../src/api/sampling/latency.ts';
import type { Overview } from '../../src/api/sampling/overview-schema.ts';
import { createSample } from '../../src/api/sampling/sampler.ts';
import type { Presence } from '../../src/api/sampling/processes.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { apiNeeds, PASSWORD, startSampleApi } from '../browser/support/sample-api.ts';
import { sampleDeployment, type SampleDeployment } from '../browser/support/sample-deployment.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { basic } from './api-client.ts';

const open: SampleDeployment[] = [];
afterEach(async () => {
  for (const deployment of open.splice(0)) await deployment.close();
});

async function deploymentOf(conversations: number, now: number): Promise<SampleDeployment> {
  const deployment = await sampleDeployment({ redisUrl: inject('redisUrl'), now, conversations, deadLetters: 0 });
  open.push(deployment);
  return deployment;
}

describe('rates', () => {
  it('are over the last five seconds, and history keeps three minutes', async () => {
    const clock = createFakeClock();
    const deployment = await deploymentOf(3, clock.now());
    const sample = createSample(apiNeeds(deployment, { clock }));
    const { meta } = deployment.keys.partition(0);
    expect((await sample()).rates).toEqual({ eventsPerSecond: 0, movesPerSecond: 0, crmRecordsPerSecond: 0 });
    let seen: Overview | undefined;
    for (let second = 0; second < 10; second += 1) {
      clock.advance(1000);
      await deployment.redis.hincrby(meta, 'n:events', second < 5 ? 100 : 20);
      await deployment.redis.hincrby(deployment.keys.buffer('crm').meta, 'n:delivered', 10);
      seen = await sample();
      if (second === 4) expect(seen.rates.eventsPerSecond).toBe(100);
    }
    expect(seen?.rates).toMatchObject({ eventsPerSecond: 20, crmRecordsPerSecond: 10 });
    expect(seen?.history).toHaveLength(11);
    clock.advance(175_000);
    expect((await sample()).history).toHaveLength(6);
  });

  it.each(['n:events', 'n:moves'])('do not go below zero when %s fell, as after Redis was emptied', async (counter) => {
    const clock = createFakeClock();
    const deployment = await deploymentOf(0, clock.now());
    const sample = createSample(apiNeeds(deployment, { clock }));
    await sample();
    clock.advance(1000);
    await deployment.redis.hset(deployment.keys.partition(0).meta, counter, 0);
    const { rates } = await sample();
    expect(Object.values(rates)).toEqual([0, 0, 0]);
  });
});

describe('cost', () => {
  /** What Redis itself saw of one reading: commands on the deployment’s keys (scripts once), and conversations asked for. */
  const costOf = async (conversations: number) => {
    const deployment = await deploymentOf(conversations, Date.now());
    const sample = createSample(apiNeeds(deployment));
    await sample();
    const monitor = await deployment.redis.monitor();
    const end = `${deployment.prefix}-end`;
    let [commands, listed] = [0, 0];
    const ended = new Promise<void>((resolve) => {
      monitor.on('monitor', (_time: string, args: readonly string[], source: string) => {
        if (args.includes(end)) resolve();
        if (source === 'lua' || !args.some((arg) => arg.includes(deployment.prefix))) return;
        commands += 1;
        if (args[0] === 'zrevrange') listed += Number(args[3]) + 1;
      });
    });
    await sample();
    await deployment.redis.echo(end);
    await ended;
    monitor.disconnect();
    return { commands, listed };
  };

  it('does not grow with the number of conversations', async () => {
    const [few, many] = [await costOf(250), await costOf(1500)];
    expect(few.commands).toBeGreaterThan(100);
    expect(many.commands).toBeLessThanOrEqual(few.commands);
    expect(many.commands).toBeLessThan(160);
    expect(many.listed).toBeGreaterThan(0);
    expect(many.listed).toBeLessThan(220);
  });
});

describe('conversations beyond what is listed', () => {
  it('are counted all, and the media of a sample is said to be one', async () => {
    const deployment = await deploymentOf(300, Date.now());
    const { conversations } = await createSample(apiNeeds(deployment))();
    const listed = Object.values(conversations.byMedia).reduce((all, n) => all + n, 0);
    expect([conversations.inFlight, conversations.truncated]).toEqual([300, true]);
    expect(listed).toBeGreaterThan(100);
    expect(listed).toBeLessThanOrEqual(200);
  });
});

describe('latency', () => {
  const HISTOGRAM = 'throughline_event_to_commit_seconds';
  const presence = (id: string, cumulative: Record<string, number>): Presence => ({
    id,
    role: 'worker',
    pid: 1,
    host: 'h',
    startedAt: 0,
    at: 0,
    version: '0',
    notes: {},
    metrics: [
      {
        name: HISTOGRAM,
        help: '',
        type: 'histogram',
        aggregator: 'sum',
        values: Object.entries(cumulative).map(([le, value]) => ({
          value,
          labels: { le },
          metricName: `${HISTOGRAM}_bucket`,
        })),
      },
    ],
  });
  const buckets = (a: number, b: number, c: number) => ({
    '0.001': a,
    '0.002': a + b,
    '0.004': a + b + c,
    '+Inf': a + b + c,
  });

  it('is interpolated within the bucket', () => {
    const window = createLatencyWindow(HISTOGRAM, 60_000);
    expect(window.add(0, [presence('a', buckets(0, 0, 0))])).toBeNull();
    // 10 under 1 ms, 80 between 1 and 2, 10 between 2 and 4: the 50th is half way through the second
    expect(window.add(1000, [presence('a', buckets(10, 80, 10))])).toEqual({ p50: 1.5, p95: 3, p99: 3.8 });
  });

  it('forgets what is older than a minute and what was there before', () => {
    const window = createLatencyWindow(HISTOGRAM, 60_000);
    window.add(0, [presence('a', buckets(1000, 0, 0))]);
    expect(window.add(1000, [presence('a', buckets(1000, 100, 0))])?.p50).toBe(1.5);
    expect(window.add(61_001, [presence('a', buckets(1000, 100, 0))])).toBeNull();
  });

  it('adds up processes, those that join and those that start again', () => {
    const window = createLatencyWindow(HISTOGRAM, 60_000);
    window.add(0, [presence('a', buckets(500, 0, 0))]);
    window.add(1000, [presence('a', buckets(0, 50, 0)), presence('b', buckets(0, 0, 50))]);
    expect(window.add(2000, [presence('b', buckets(0, 0, 50))])).toEqual({ p50: 2, p95: 3.8, p99: 3.96 });
  });

  it('comes from what processes say of themselves', async () => {
    const clock = createFakeClock();
    const deployment = await deploymentOf(1, clock.now());
    const sample = createSample(apiNeeds(deployment, { clock }));
    await deployment.work(clock.now(), 1);
    expect((await sample()).latencyMs).toBeNull();
    clock.advance(1000);
    await deployment.work(clock.now(), 200);
    const { latencyMs, processes } = await sample();
    expect(processes).toHaveLength(4);
    expect(latencyMs?.p50).toBeGreaterThan(0.25);
    expect(latencyMs?.p95).toBeLessThan(20);
    expect(latencyMs?.p99).toBeGreaterThanOrEqual(latencyMs?.p95 ?? Infinity);
  });
});

describe('metrics of the cluster', () => {
  it('are those of all live processes added up, sampled gauges once', async () => {
    const deployment = await deploymentOf(1, Date.now());
    const metrics = createMetrics();
    await deployment.work(Date.now(), 25);
    const needs = apiNeeds(deployment);
    const api = await startSampleApi(deployment, { metrics, config: { ...needs.config, metricsScope: 'cluster' } });
    await fetch(`${api.url}/api/v1/overview`, { headers: { authorization: basic(PASSWORD) } });
    const text = await (await fetch(`${api.url}/metrics`)).text();
    // two workers counted 25 each
    expect(text).toContain('throughline_events_total{source="snapshot"} 50');
    expect(text).toContain('throughline_event_to_commit_seconds_count 50');
    expect(text).toContain('throughline_partition_depth{partition="5"} 6');
    expect(text.match(/# TYPE throughline_partition_depth /g)).toHaveLength(1);
    await api.close();
  });
});

describe('the live stream', () => {
  it('starts with the whole history and goes on with its newest point', async () => {
    const deployment = await deploymentOf(2, Date.now());
    const clock = createFakeClock(Date.now());
    const api = await startSampleApi(deployment, { clock });
    const headers = { authorization: basic(PASSWORD) };
    // each turn of the clock is one sampling, whoever listens
    await fetch(`${api.url}/api/v1/overview`, { headers });
    const [one, two] = await Promise.all([0, 1].map(() => fetch(`${api.url}/api/v1/live`, { headers })));
    expect(one?.headers.get('content-type')).toContain('text/event-stream');
    const [first, second] = [messagesOf(one), messagesOf(two)];
    const at: number[] = [];
    for (const points of [2, 1, 1]) {
      await turned(clock);
      const [a, b] = await Promise.all([first(), second()]);
      expect(a.history).toHaveLength(points);
      expect(b).toEqual(a);
      at.push(a.at);
    }
    expect(at.map((ms) => ms - (at[0] ?? 0))).toEqual([0, 1000, 2000]);
    await api.close();
  });
});

async function turned(clock: ReturnType<typeof createFakeClock>): Promise<void> {
  await eventually(
    'the sampler waits',
    () => clock.waits(),
    (waits) => waits.length > 0,
  );
  clock.advance(1000);
}

function messagesOf(response: Response | undefined): () => Promise<Overview> {
  const reader = response?.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return async () => {
    for (;;) {
      const end = text.indexOf('\n\n');
      const block = text.slice(0, Math.max(0, end));
      if (end >= 0) text = text.slice(end + 2);
      if (block.startsWith('data: ')) return JSON.parse(block.slice(6)) as Overview;
      if (end >= 0) continue;
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) throw new Error('the stream ended');
      text += chunk.value;
    }
  };
}
