// What does one hot conversation cost? Alone it has one partition, so one worker; a neighbour on the same partition
// waits behind what is already in the log, and no longer.
import type { KeyedEvent } from '../../src/partitions/append.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { Crew } from '../measure/crew.ts';
import { runRound, untilDone } from '../measure/round.ts';
import { median, percentile } from '../measure/statistics.ts';
import { feedSteadily } from '../measure/steady-feed.ts';
import { PARTITIONS, throughline } from '../subjects/throughline.ts';
import { envelope, envelopes } from '../workloads/envelopes.ts';
import type { Ask, Question } from './question.ts';

const HOT = 'hot';
/** Every so many events of the hot one, one of the neighbour. */
const NEIGHBOUR_EVERY = 100;
/** Of the speed measured just before: a conversation that is hot for good but can be kept up with. */
const OFFERED_SHARE = 0.5;

export const hotConversation: Question = {
  name: 'hot-conversation',
  asks: 'How fast is one hot conversation alone, and how long does a neighbour on its partition wait?',
  answer: async (ask) => {
    const events = ask.quick ? 8000 : 100_000;
    const all: number[] = [];
    const hot: number[] = [];
    const waits: number[][] = [];
    for (let round = 0; round < (ask.quick ? 1 : 5); round += 1) {
      all.push(await speed(ask, events, 2000));
      hot.push(await speed(ask, events, 1));
      const perSecond = (hot.at(-1) ?? 0) * OFFERED_SHARE;
      waits.push(await waitBeside(ask, perSecond, ask.quick ? 1 : 4));
      ask.say(`hot ${Math.round(hot.at(-1) ?? 0)} of ${Math.round(all.at(-1) ?? 0)} events/s`);
    }
    const share = median(hot.map((one, round) => one / (all[round] ?? Number.NaN)));
    const wait = (part: number): number => median(waits.map((one) => percentile(one, part)));
    const rows = [
      { what: 'full speed, 2,000 conversations', 'events/s': Math.round(median(all)) },
      { what: 'one conversation alone', 'events/s': Math.round(median(hot)), share },
      {
        what: 'all events of that partition, hot one fed at half its speed',
        'p50 ms': wait(0.5),
        'p99 ms': wait(0.99),
        'max ms': Math.max(...waits.map((one) => percentile(one, 1))),
      },
    ];
    const what = 'one hot conversation alone has at least half of full speed';
    return {
      rows,
      targets: [{ what, met: share >= 0.5, measured: share.toFixed(2) }],
      notes: [
        'The log is one line: a neighbour waits exactly as long as the hot events around it (1 in 100 is its own).',
      ],
    };
  },
};

async function speed({ server }: Ask, events: number, conversations: number): Promise<number> {
  const load = {
    warmUp: envelopes.generate(events / 4, { seed: 2, conversations }),
    events: envelopes.generate(events, { seed: 1, conversations }),
  };
  return (await runRound(server, throughline, envelopes, load)).eventsPerSecond;
}

async function waitBeside({ server }: Ask, perSecond: number, seconds: number): Promise<number[]> {
  await server.redis.flushall('SYNC');
  const crew = new Crew({ subject: throughline.name, workload: envelopes.name, redisUrl: server.url, latencies: true });
  const feeder = await throughline.feed({ redisUrl: server.url, workload: envelopes });
  const neighbour = neighbourOf(HOT);
  const total = Math.floor(perSecond * seconds);
  const events = Array.from({ length: total }, (_, n): KeyedEvent => {
    const own = Math.floor(n / NEIGHBOUR_EVERY);
    return n % NEIGHBOUR_EVERY === 0 ? envelope(neighbour, own + 1) : envelope(HOT, n - own);
  });
  try {
    await crew.addAll(throughline.processes);
    await feedSteadily(feeder, perSecond, (n) => events[n]).finished;
    await untilDone(server.redis, throughline, crew, total);
    const { latencies } = await crew.report();
    // the first fifth is start-up: claims, and code that no compiler has seen
    return latencies.slice(Math.floor(latencies.length / 5));
  } finally {
    await crew.stop();
    await feeder.close();
  }
}

function neighbourOf(key: string): string {
  for (let n = 0; ; n += 1) {
    const candidate = `neighbour-${n}`;
    if (partitionOf(candidate, PARTITIONS) === partitionOf(key, PARTITIONS)) return candidate;
  }
}
