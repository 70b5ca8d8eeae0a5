// How long does a partition stand still when its owner is killed under load? The older of two workers is killed each
// time, as it holds the most; recovery is over when every partition has committed again.
import type { Redis } from 'ioredis';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { Crew } from '../measure/crew.ts';
import { percentile } from '../measure/statistics.ts';
import { feedSteadily } from '../measure/steady-feed.ts';
import { committedEvents, PARTITIONS, throughline } from '../subjects/throughline.ts';
import { envelopes } from '../workloads/envelopes.ts';
import type { Ask, Question } from './question.ts';

const PER_SECOND = 2000;
const EVENTS = 400_000;
const LOOK_MS = 10;
const GIVE_UP_MS = 30_000;
const TAIL_MS = 500;
/** A commit on its way at the kill is none of the successor's. */
const IN_FLIGHT_MS = 20;

export const recovery: Question = {
  name: 'recovery',
  asks: 'How long until all partitions commit again after SIGKILL of an owner under load?',
  answer: async (ask) => {
    const kills = ask.quick ? 1 : 9;
    const { taken, lost } = await killAgainAndAgain(ask, kills);
    const slowest = Math.max(...taken);
    const row = {
      'kills of an owner': kills,
      'p50 s': percentile(taken, 0.5),
      'max s': slowest,
      'lost or doubled': lost,
    };
    const met = slowest <= 3 && lost === 0;
    return {
      rows: [row],
      targets: [
        { what: 'recovered within 3 s of every kill, every event applied', met, measured: `${slowest.toFixed(2)} s` },
      ],
      notes: [`${PER_SECOND} events/s on ${PARTITIONS} partitions; a killed worker is replaced before the next kill.`],
    };
  },
};

async function killAgainAndAgain({ server, say }: Ask, kills: number): Promise<{ taken: number[]; lost: number }> {
  await server.redis.flushall('SYNC');
  const events = envelopes.generate(PER_SECOND * 4, { seed: 1 });
  const crew = new Crew({
    subject: throughline.name,
    workload: envelopes.name,
    redisUrl: server.url,
    latencies: false,
  });
  const feeder = await throughline.feed({ redisUrl: server.url, workload: envelopes });
  const taken: number[] = [];
  try {
    await crew.addAll(throughline.processes);
    const feed = feedSteadily(feeder, PER_SECOND, (n) => (n < EVENTS ? events[n % events.length] : undefined));
    await allCommitAfter(server.redis, await nowMs(server.redis));
    for (let kill = 1; kill <= kills; kill += 1) {
      const [oldest] = crew.members;
      if (oldest === undefined) break;
      await crew.kill(oldest);
      const killedAt = await nowMs(server.redis);
      taken.push((await allCommitAfter(server.redis, killedAt + IN_FLIGHT_MS)) + IN_FLIGHT_MS / 1000);
      say(`kill ${kill}: ${taken.at(-1)?.toFixed(2)} s`);
      await crew.add();
    }
    feed.stop();
    await feed.finished;
    const applied = await settledCount(server.redis, feed.offered());
    return { taken, lost: feed.offered() - applied };
  } finally {
    await crew.stop();
    await feeder.close();
  }
}

/** Seconds until the last of all partitions has committed after `time`. */
async function allCommitAfter(redis: Redis, time: number): Promise<number> {
  const keys = keysFor('bench');
  for (;;) {
    const pipeline = redis.pipeline();
    for (let partition = 0; partition < PARTITIONS; partition += 1) pipeline.hget(keys.partition(partition).meta, 'ts');
    const commits = ((await pipeline.exec()) ?? []).map(([, at]) => Number(at ?? 0));
    const now = await nowMs(redis);
    if (commits.every((at) => at > time)) return (now - time) / 1000;
    if (now - time > GIVE_UP_MS) throw new Error(`a partition stood still for ${GIVE_UP_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function nowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

/** Waits for the last event, then a little longer: one applied twice would come after it. */
async function settledCount(redis: Redis, expected: number): Promise<number> {
  const deadline = performance.now() + GIVE_UP_MS;
  while ((await committedEvents(redis)) < expected && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await new Promise((resolve) => setTimeout(resolve, TAIL_MS));
  return committedEvents(redis);
}
