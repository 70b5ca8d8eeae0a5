// One round of one subject: warmed up, held still while its events are loaded, let go, timed until all have had their
// effect, and checked against an oracle. Preloaded because a feeder on the same two cores would measure itself; its own
// rate is reported beside.
import { isDeepStrictEqual } from 'node:util';
import type { Redis } from 'ioredis';
import type { KeyedEvent } from '../../src/partitions/append.ts';
import { chunksOf, type Feeder, type Subject } from '../subjects/subject.ts';
import type { Workload } from '../workloads/workload.ts';
import { Crew } from './crew.ts';
import { redisCpuMicros, type PrivateRedis } from './private-redis.ts';

export interface RoundResult {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly appendedPerSecond: number;
  readonly commandsPerEvent: number;
  readonly cpuMicrosPerEvent: number;
  /** The part of it that is the server's. */
  readonly redisMicrosPerEvent: number;
  readonly wrongStates: number;
  readonly conversations: number;
  readonly rssBytes: number;
  /** What came out of it, warm-up included, where the subject sends to somebody. */
  readonly taken: Readonly<Record<string, number>>;
}

export interface Load {
  readonly warmUp: readonly KeyedEvent[];
  readonly events: readonly KeyedEvent[];
}

const ROUND_TIMEOUT_MS = 180_000;
/** Looking costs the server some thirty commands: rarely enough to leave it alone. */
const LOOK_MS = 20;

export async function runRound(
  server: PrivateRedis,
  subject: Subject,
  workload: Workload,
  load: Load,
  execArgv: readonly string[] = [],
): Promise<RoundResult> {
  await server.redis.flushall('SYNC');
  const outside = await subject.open?.();
  const order = { subject: subject.name, workload: workload.name, redisUrl: server.url, latencies: false };
  const crew = new Crew({ ...order, settings: outside?.settings ?? {} });
  const feeder = await subject.feed({ redisUrl: server.url, workload });
  try {
    await crew.addAll(subject.processes, execArgv);
    await feedAll(feeder, load.warmUp);
    await untilDone(server.redis, subject, crew, load.warmUp.length);
    const result = await timed(server, subject, workload, load, crew, feeder);
    return { ...result, taken: outside?.taken() ?? {} };
  } finally {
    await crew.stop();
    await feeder.close();
    await outside?.close();
  }
}

async function timed(
  server: PrivateRedis,
  subject: Subject,
  workload: Workload,
  { warmUp, events }: Load,
  crew: Crew,
  feeder: Feeder,
): Promise<Omit<RoundResult, 'taken'>> {
  const { redis } = server;
  const before = await crew.report();
  crew.hold();
  const loading = await feedAll(feeder, events);
  const redisBefore = await redisCpuMicros(redis);
  const startedAt = performance.now();
  crew.resume();
  await untilDone(redis, subject, crew, warmUp.length + events.length);
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await crew.report();
  const redisCpu = (await redisCpuMicros(redis)) - redisBefore;
  const workerCpu = after.cpuMicros - before.cpuMicros;
  const checked = await wrongStates(redis, subject, workload, events);
  return {
    events: events.length,
    eventsPerSecond: events.length / seconds,
    appendedPerSecond: events.length / loading,
    commandsPerEvent: (after.commands - before.commands) / events.length,
    cpuMicrosPerEvent: (workerCpu + redisCpu) / events.length,
    redisMicrosPerEvent: redisCpu / events.length,
    rssBytes: after.rssBytes,
    ...checked,
  };
}

/** Answers with the seconds it took. */
export async function feedAll(feeder: Feeder, events: readonly KeyedEvent[]): Promise<number> {
  const startedAt = performance.now();
  for (const chunk of chunksOf(events)) await feeder.append(chunk);
  return (performance.now() - startedAt) / 1000;
}

export async function untilDone(redis: Redis, subject: Subject, crew: Crew, events: number): Promise<void> {
  const deadline = performance.now() + ROUND_TIMEOUT_MS;
  for (;;) {
    const done = subject.done === undefined ? (await crew.report()).applied : await subject.done(redis);
    if (done >= events) return;
    if (performance.now() > deadline) throw new Error(`${subject.name}: ${done} of ${events} events after 3 minutes`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Applies the same events one after another in memory and compares what each conversation came to. */
async function wrongStates(
  redis: Redis,
  subject: Subject,
  { handler }: Workload,
  events: readonly KeyedEvent[],
): Promise<{ wrongStates: number; conversations: number }> {
  const oracle = new Map<string, unknown>();
  for (const { raw, receivedAt } of events) {
    const decoded = handler.decode({ id: '0-0-0', raw, receivedAt });
    if (decoded.kind !== 'apply') throw new Error('the workload holds no event that is set aside');
    const applied = handler.apply(oracle.get(decoded.key), decoded.event);
    if (applied.changed) oracle.set(decoded.key, applied.state);
  }
  let wrong = 0;
  for (const chunk of chunksOf([...oracle])) {
    const found = await redis.mget(chunk.map(([key]) => subject.stateKey(key)));
    for (const [at, [, state]] of chunk.entries()) {
      const expected: unknown = JSON.parse(JSON.stringify(state));
      if (!isDeepStrictEqual(JSON.parse(found[at] ?? 'null'), expected)) wrong += 1;
    }
  }
  return { wrongStates: wrong, conversations: oracle.size };
}
