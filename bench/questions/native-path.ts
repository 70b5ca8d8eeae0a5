// What does everything cost? Native frames through the worker as it is run, with promises, timers, conversation updates
// and CRM batches, beside the same frames with nothing behind the partitions; in turns, so that a busy moment weighs on both.
import { runRound, type Load, type RoundResult } from '../measure/round.ts';
import { median } from '../measure/statistics.ts';
import type { Row } from '../measure/table.ts';
import { everythingOn, pathAlone } from '../subjects/native-path.ts';
import type { Subject } from '../subjects/subject.ts';
import { native, nativeAlone } from '../workloads/native.ts';
import type { Workload } from '../workloads/workload.ts';
import type { Ask, Question } from './question.ts';

const FULL = { events: 60_000, warmUp: 15_000, rounds: 5 };
const QUICK = { events: 3000, warmUp: 1000, rounds: 1 };

interface Side {
  readonly subject: Subject;
  readonly workload: Workload;
  readonly load: Load;
  readonly rounds: RoundResult[];
}

export const nativePath: Question = {
  name: 'native-path',
  asks: 'How many native frames a second with everything on, and what share of the cost is everything?',
  answer: async (ask) => {
    const everything = sideOf(everythingOn, native, ask);
    const alone = sideOf(pathAlone, nativeAlone, ask);
    for (let round = 1; round <= sizeOf(ask).rounds; round += 1) {
      for (const side of [alone, everything]) await play(ask, side, round);
    }
    const wrong = Math.max(...[everything, alone].flatMap(({ rounds }) => rounds.map((one) => one.wrongStates)));
    const harmed = Math.max(...everything.rounds.map(({ taken }) => taken['harmed'] ?? Number.NaN));
    return {
      rows: [everything, alone].map((side) => rowOf(side, alone)),
      targets: [
        { what: 'no wrong final state', met: wrong === 0, measured: String(wrong) },
        { what: 'no CRM record twice or out of order', met: harmed === 0, measured: String(harmed) },
      ],
      notes: NOTES,
    };
  },
};

const NOTES = [
  'Preloaded, as for throughput; done is: committed, relayed, and each batch that was cut answered. CRM records and updates: warm-up included.',
  'cost ×: median of the rounds side by side, by time and by CPU. CPU: worker processes and Redis.',
  'The emulated CRM and the conversations’ resource run beside on the same cores: events/s bears them, CPU does not.',
];

const sizeOf = ({ quick }: Ask): typeof FULL => (quick ? QUICK : FULL);

function sideOf(subject: Subject, workload: Workload, ask: Ask): Side {
  const { events, warmUp } = sizeOf(ask);
  const load = { warmUp: workload.generate(warmUp, { seed: 2 }), events: workload.generate(events, { seed: 1 }) };
  return { subject, workload, load, rounds: [] };
}

async function play({ server, say }: Ask, { subject, workload, load, rounds }: Side, round: number): Promise<void> {
  const result = await runRound(server, subject, workload, load);
  rounds.push(result);
  say(`${round} ${subject.name}: ${Math.round(result.eventsPerSecond)} events/s`);
}

function rowOf({ subject, rounds }: Side, alone: Side): Row {
  const of = (value: (round: RoundResult) => number): number => median(rounds.map(value));
  const times = (value: (round: RoundResult) => number): number =>
    median(rounds.map((one, at) => value(one) / value(alone.rounds[at] ?? one)));
  return {
    subject: subject.name,
    'events/s': Math.round(of((one) => one.eventsPerSecond)),
    'cost × (time)': times((one) => 1 / one.eventsPerSecond),
    'cost × (CPU)': times((one) => one.cpuMicrosPerEvent),
    'CPU µs/event': of((one) => one.cpuMicrosPerEvent),
    'of it Redis': of((one) => one.redisMicrosPerEvent),
    'commands/event': of((one) => one.commandsPerEvent),
    'CRM records': of((one) => one.taken['records'] ?? Number.NaN),
    updates: of((one) => one.taken['updates'] ?? Number.NaN),
    wrong: Math.max(...rounds.map((one) => one.wrongStates)),
    conversations: of((one) => one.conversations),
    events: of((one) => one.events),
    rounds: rounds.length,
  };
}
