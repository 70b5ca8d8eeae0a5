// How many events a second, against what else could be built on the same Redis? Rounds are interleaved, so that whatever
// else the machine does meets all subjects alike; medians over the rounds.
import { median } from '../measure/statistics.ts';
import { runRound, type Load, type RoundResult } from '../measure/round.ts';
import type { Row } from '../measure/table.ts';
import type { Subject } from '../subjects/subject.ts';
import { subjects } from '../subjects/subjects.ts';
import type { Workload } from '../workloads/workload.ts';
import { workloadNamed } from '../workloads/workloads.ts';
import type { Answer, Ask, Question, Target } from './question.ts';

interface Size {
  readonly events: number;
  readonly rounds: number;
}

const SIZES = {
  envelopes: { full: { events: 240_000, rounds: 5 }, quick: { events: 8000, rounds: 1 } },
  snapshots: { full: { events: 100_000, rounds: 5 }, quick: { events: 3000, rounds: 1 } },
} as const;
/** Of the measured events: enough for the compiler to have seen everything. */
const WARM_UP_SHARE = 0.25;

type Results = ReadonlyMap<Subject, readonly RoundResult[]>;

export const throughput: Question = {
  name: 'throughput',
  asks: 'How many events a second, in order, with state and CRM batches, against the alternatives?',
  answer: async (ask) => {
    const rows: Row[] = [];
    const targets: Target[] = [];
    for (const [name, sizes] of Object.entries(SIZES)) {
      const workload = workloadNamed(name);
      const results = await interleaved(ask, workload, ask.quick ? sizes.quick : sizes.full);
      rows.push(...[...results].map(([subject, rounds]) => rowOf(workload, subject, rounds, results)));
      targets.push(...targetsOf(workload, results));
    }
    return { rows, targets, notes: NOTES } satisfies Answer;
  },
};

const NOTES = [
  'Preloaded: workers are warmed up, held still (SIGSTOP) while events are appended, then let go; appended/s is the feeder alone.',
  'Slow subjects get a share of the events. wrong: conversations whose final state differs from a serial run in memory.',
  'commands: what the worker processes send. CPU: worker processes and Redis.',
];

async function interleaved(ask: Ask, workload: Workload, { events, rounds }: Size): Promise<Results> {
  const results = new Map<Subject, RoundResult[]>(subjects.map((subject) => [subject, []]));
  const all = workload.generate(events, { seed: 1 });
  const warmUp = workload.generate(Math.ceil(events * WARM_UP_SHARE), { seed: 2 });
  for (let round = 1; round <= rounds; round += 1) {
    for (const [subject, own] of results) {
      const load: Load = { warmUp: part(warmUp, subject), events: part(all, subject) };
      const result = await runRound(ask.server, subject, workload, load);
      own.push(result);
      ask.say(`${workload.name} ${round}/${rounds} ${subject.name}: ${Math.round(result.eventsPerSecond)} events/s`);
    }
  }
  return results;
}

const part = <T>(events: readonly T[], { share }: Subject): readonly T[] =>
  events.slice(0, Math.ceil(events.length * share));

const rate = (rounds: readonly RoundResult[] = []): number => median(rounds.map((one) => one.eventsPerSecond));

function rowOf(workload: Workload, { name }: Subject, rounds: readonly RoundResult[], all: Results): Row {
  const of = (value: (round: RoundResult) => number): number => median(rounds.map(value));
  return {
    workload: workload.name,
    subject: name,
    'events/s': Math.round(rate(rounds)),
    'Throughline ×': rate(named(all, 'throughline')) / rate(rounds),
    'commands/event': of((one) => one.commandsPerEvent),
    'CPU µs/event': of((one) => one.cpuMicrosPerEvent),
    'of it Redis': of((one) => one.redisMicrosPerEvent),
    'appended/s': Math.round(of((one) => one.appendedPerSecond)),
    wrong: Math.max(...rounds.map((one) => one.wrongStates)),
    conversations: of((one) => one.conversations),
    events: of((one) => one.events),
    rounds: rounds.length,
  };
}

const named = (all: Results, start: string): readonly RoundResult[] | undefined =>
  [...all].find(([subject]) => subject.name.startsWith(start))?.[1];

/** Of the rounds side by side, so that a busy moment of the machine weighs on both. */
function ratio(all: Results, other: string): number {
  const theirs = named(all, other) ?? [];
  const ours = named(all, 'throughline') ?? [];
  return median(ours.map((one, at) => one.eventsPerSecond / (theirs[at]?.eventsPerSecond ?? Number.NaN)));
}

function targetsOf(workload: Workload, all: Results): Target[] {
  const target = (what: string, measured: number, met: boolean): Target => ({
    what: `${workload.name}: ${what}`,
    met,
    measured: measured.toFixed(2),
  });
  const chained = ratio(all, 'three chained');
  const commands = median((named(all, 'throughline') ?? []).map((one) => one.commandsPerEvent));
  const wrong = Math.max(...(named(all, 'throughline') ?? []).map((one) => one.wrongStates));
  const shared = [
    target('no wrong final state', wrong, wrong === 0),
    target('at most 0.15 client commands an event', commands, commands <= 0.15),
  ];
  if (workload.name !== 'envelopes') return [target('10 times the chained queues', chained, chained >= 10), ...shared];
  const groups = ratio(all, 'groupmq');
  const ceiling = ratio(all, 'bare list,');
  return [
    target('20 times the chained queues', chained, chained >= 20),
    target('7 times groupmq', groups, groups >= 7),
    target('60 % of the bare list with one consumer', ceiling, ceiling >= 0.6),
    ...shared,
  ];
}
