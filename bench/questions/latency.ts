// How long from append to commit at a steady rate? Both ends read the same monotonic clock of this host; events come in
// bursts of a millisecond's worth, which is as fine as a timer is.
import type { Redis } from 'ioredis';
import { Crew } from '../measure/crew.ts';
import { redisCpuMicros } from '../measure/private-redis.ts';
import { feedAll, untilDone } from '../measure/round.ts';
import { median, percentile } from '../measure/statistics.ts';
import { feedSteadily } from '../measure/steady-feed.ts';
import { throughline } from '../subjects/throughline.ts';
import { envelopes } from '../workloads/envelopes.ts';
import type { Ask, Question, Target } from './question.ts';

const RATES = [1000, 5000, 10_000];
const QUICK_RATES = [1000, 5000];
const PING_EVERY_MS = 10;
const WARM_UP_EVENTS = 40_000;
const QUICK_WARM_UP_EVENTS = 4000;
/** Claims and first reads are not the steady state. */
const SETTLE_SECONDS = 1;

interface Figures {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly pingP99: number;
  readonly perSecond: number;
  readonly cpuMicrosPerEvent: number;
  readonly commandsPerEvent: number;
}

export const latency: Question = {
  name: 'latency',
  asks: 'How long from append to commit at a steady rate, AOF on, 2 workers?',
  answer: async (ask) => {
    const seconds = ask.quick ? 1 : 8;
    const measured = new Map<number, Figures[]>((ask.quick ? QUICK_RATES : RATES).map((rate) => [rate, []]));
    for (let round = 0; round < (ask.quick ? 1 : 5); round += 1) {
      for (const [rate, figures] of measured) {
        const figure = await steady(ask, rate, seconds);
        figures.push(figure);
        ask.say(`${rate}/s: p50 ${figure.p50.toFixed(2)} ms, p99 ${figure.p99.toFixed(2)} ms`);
      }
    }
    const rows = [...measured].map(([rate, figures]) => rowOf(rate, figures));
    const targets = rows
      .filter((row) => row['events/s asked'] <= 5000)
      .flatMap((row): Target[] => [
        target(`${row['events/s asked']}/s: p50 at most 1.5 ms`, row['p50 ms'], 1.5),
        target(`${row['events/s asked']}/s: p99 at most 10 ms`, row['p99 ms'], 10),
      ]);
    return {
      rows,
      targets,
      notes: NOTES,
    };
  },
};

const NOTES = [
  'Medians over the rounds, max over all; the feeder is a third process on the same cores.',
  'PING: one bare round trip from the feeder every 10 ms meanwhile. Where its p99 is many ms, the machine was busy elsewhere.',
];

const target = (what: string, measured: number, atMost: number): Target => ({
  what,
  met: measured <= atMost,
  measured: `${measured.toFixed(2)} ms`,
});

function rowOf(rate: number, figures: readonly Figures[]) {
  const of = (value: (one: Figures) => number): number => median(figures.map(value));
  return {
    'events/s asked': rate,
    'events/s': Math.round(of((one) => one.perSecond)),
    'p50 ms': of((one) => one.p50),
    'p95 ms': of((one) => one.p95),
    'p99 ms': of((one) => one.p99),
    'max ms': Math.max(...figures.map((one) => one.max)),
    'PING p99 ms': of((one) => one.pingP99),
    'CPU µs/event': of((one) => one.cpuMicrosPerEvent),
    'commands/event': of((one) => one.commandsPerEvent),
    rounds: figures.length,
  };
}

async function steady({ server, quick }: Ask, rate: number, seconds: number): Promise<Figures> {
  await server.redis.flushall('SYNC');
  const warmUp = envelopes.generate(quick ? QUICK_WARM_UP_EVENTS : WARM_UP_EVENTS, { seed: 2 });
  const events = envelopes.generate(rate * (seconds + SETTLE_SECONDS), { seed: 1 });
  const crew = new Crew({ subject: throughline.name, workload: envelopes.name, redisUrl: server.url, latencies: true });
  const feeder = await throughline.feed({ redisUrl: server.url, workload: envelopes });
  try {
    await crew.addAll(throughline.processes);
    await feedAll(feeder, warmUp);
    await untilDone(server.redis, throughline, crew, warmUp.length);
    const startedAt = performance.now();
    const feed = feedSteadily(feeder, rate, (n) => events[n]);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_SECONDS * 1000));
    const before = await crew.report();
    const redisBefore = await redisCpuMicros(server.redis);
    const offeredBefore = feed.offered();
    const control = pingSteadily(server.redis);
    await feed.finished;
    const perSecond = events.length / ((performance.now() - startedAt) / 1000);
    await untilDone(server.redis, throughline, crew, warmUp.length + events.length);
    const { latencies, cpuMicros, commands } = await crew.report();
    const pings = await control.stop();
    const measured = events.length - offeredBefore;
    const redisCpu = (await redisCpuMicros(server.redis)) - redisBefore;
    return {
      perSecond,
      cpuMicrosPerEvent: (cpuMicros - before.cpuMicros + redisCpu) / measured,
      commandsPerEvent: (commands - before.commands) / measured,
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
      max: percentile(latencies, 1),
      pingP99: percentile(pings, 0.99),
    };
  } finally {
    await crew.stop();
    await feeder.close();
  }
}

/** The control: what a single command costs on this machine at this moment. */
function pingSteadily(redis: Redis) {
  const taken: number[] = [];
  const timer = setInterval(() => {
    const sentAt = performance.now();
    void redis.ping().then(() => taken.push(performance.now() - sentAt));
  }, PING_EVERY_MS);
  return {
    stop: async (): Promise<readonly number[]> => {
      clearInterval(timer);
      await redis.ping();
      return taken;
    },
  };
}
