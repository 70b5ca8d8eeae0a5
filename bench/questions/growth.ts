// Does an event cost the same when a million conversations are live, and after two million events? One run, one crew:
// conversations are added up to each size, then the same working set spread over all of them is measured.
import type { KeyedEvent } from '../../src/partitions/append.ts';
import { Crew } from '../measure/crew.ts';
import { redisCpuMicros, usedMemory } from '../measure/private-redis.ts';
import { feedAll, untilDone } from '../measure/round.ts';
import { median } from '../measure/statistics.ts';
import type { Feeder } from '../subjects/subject.ts';
import { throughline } from '../subjects/throughline.ts';
import { envelope, envelopes } from '../workloads/envelopes.ts';
import type { Ask, Question } from './question.ts';

const SIZES = [1000, 10_000, 100_000, 1_000_000];
const QUICK_SIZES = [1000, 20_000];
/** Conversations that have events while a size is measured: the busy few among all that are open. */
const WORKING_SET = 1000;
/** Loaded while the workers are held still: bounds the log's memory. */
const SLICE = 20_000;

interface Run {
  readonly ask: Ask;
  readonly crew: Crew;
  readonly feeder: Feeder;
  /** By number of the conversation. */
  readonly versions: Map<number, number>;
  events: number;
}

interface Slice {
  readonly cpuMicros: number;
  readonly eventsPerSecond: number;
}

export const growth: Question = {
  name: 'growth',
  asks: 'Is the cost of an event flat in live conversations and in events, and is memory?',
  answer: async (ask) => {
    const { server } = ask;
    await server.redis.flushall('SYNC');
    const crew = new Crew({ subject: throughline.name, workload: envelopes.name, redisUrl: server.url, latencies: false }); // prettier-ignore
    const feeder = await throughline.feed({ redisUrl: server.url, workload: envelopes });
    const run: Run = { ask, crew, feeder, versions: new Map(), events: 0 };
    try {
      await crew.addAll(throughline.processes);
      const byConversations = await grow(run, ask.quick ? QUICK_SIZES : SIZES);
      const byEvents = await goOn(run, ask.quick ? 220_000 : 2_000_000);
      const flatness = (rows: readonly Record<string, unknown>[]): number => {
        const costs = rows.map((row) => Number(row['CPU µs/event']));
        return Math.max(...costs) / (costs[0] ?? Number.NaN);
      };
      const targets = [flat('conversations', flatness(byConversations)), flat('events', flatness(byEvents))];
      return { rows: [...byConversations, ...byEvents], targets, notes: NOTES };
    } finally {
      await crew.stop();
      await feeder.close();
    }
  },
};

const NOTES = [
  `Working set: ${WORKING_SET} conversations spread over all live ones. CPU of workers and Redis; medians of the slices of a size.`,
];

const flat = (of: string, worst: number) => ({
  what: `cost per event flat within 10 % over ${of}`,
  met: worst <= 1.1,
  measured: `dearest ${worst.toFixed(2)} × the first`,
});

async function grow(run: Run, sizes: readonly number[]) {
  const rows = [];
  const { redis } = run.ask.server;
  const emptyBytes = await usedMemory(redis);
  // code that no compiler has seen is not what a size costs
  await slices(run, 1000, 3);
  for (const size of sizes) {
    for (let from = run.versions.size; from < size; from += SLICE) {
      await slice(
        run,
        Array.from({ length: Math.min(SLICE, size - from) }, (_, n) => next(run, from + n)),
      );
    }
    const bytes = (await usedMemory(redis)) - emptyBytes;
    const measured = await slices(run, size, run.ask.quick ? 2 : 5);
    rows.push(await rowOf(run, measured, { 'Redis bytes/conversation': Math.round(bytes / run.versions.size) }));
    run.ask.say(`${size} conversations: ${rows.at(-1)?.['CPU µs/event'].toFixed(1)} µs/event`);
  }
  return rows;
}

/** More events at the same number of conversations, up to `total` in the run. */
async function goOn(run: Run, total: number) {
  const rows = [];
  const live = run.versions.size;
  const step = Math.ceil((total - run.events) / 5);
  while (run.events < total) {
    const measured = await slices(run, live, Math.max(1, Math.floor(step / SLICE)));
    rows.push(await rowOf(run, measured, {}));
    run.ask.say(`${run.events} events: ${rows.at(-1)?.['CPU µs/event'].toFixed(1)} µs/event`);
  }
  return rows;
}

async function rowOf(run: Run, measured: readonly Slice[], more: Record<string, number>) {
  const { rssBytes } = await run.crew.report();
  return {
    'live conversations': run.versions.size,
    'events so far': run.events,
    'CPU µs/event': median(measured.map((one) => one.cpuMicros)),
    'events/s': Math.round(median(measured.map((one) => one.eventsPerSecond))),
    'MiB a worker': Math.round(rssBytes / run.crew.members.length / 1_048_576),
    ...more,
  };
}

async function slices(run: Run, live: number, count: number): Promise<Slice[]> {
  const measured: Slice[] = [];
  const stride = Math.max(1, Math.floor(live / WORKING_SET));
  for (let i = 0; i < count; i += 1) {
    const events = Array.from({ length: SLICE }, (_, n) => next(run, ((n * 7919) % WORKING_SET) * stride));
    measured.push(await slice(run, events));
  }
  return measured;
}

function next({ versions }: Run, conversation: number): KeyedEvent {
  const version = (versions.get(conversation) ?? 0) + 1;
  versions.set(conversation, version);
  return envelope(`growth-${conversation}`, version);
}

async function slice(run: Run, events: readonly KeyedEvent[]): Promise<Slice> {
  const { crew, feeder, ask } = run;
  const before = await crew.report();
  crew.hold();
  await feedAll(feeder, events);
  const redisBefore = await redisCpuMicros(ask.server.redis);
  const startedAt = performance.now();
  crew.resume();
  run.events += events.length;
  await untilDone(ask.server.redis, throughline, crew, run.events);
  const seconds = (performance.now() - startedAt) / 1000;
  const redisCpu = (await redisCpuMicros(ask.server.redis)) - redisBefore;
  const cpu = (await crew.report()).cpuMicros - before.cpuMicros + redisCpu;
  return { cpuMicros: cpu / events.length, eventsPerSecond: events.length / seconds };
}
