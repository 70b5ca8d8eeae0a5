// What goes wrong in a run, and when: a seeded plan. Invariant: the same options give the same plan; faults come at
// shares of the script, not at times, so that a slow machine meets them at the same events.
import type { Random } from '../../src/emulator/random.ts';
import { STEPS, type Step } from '../../src/runtime/steps.ts';

export interface FaultCounts {
  readonly kills: number;
  readonly pauses: number;
  readonly redisRestarts: number;
  /** Workers added, and as many removed by SIGTERM. */
  readonly changes: number;
}

export type Fault =
  | { readonly kind: 'kill-worker' | 'kill-feeder' | 'add-worker' | 'remove-worker' }
  | { readonly kind: 'kill-worker-at' | 'kill-feeder-at'; readonly step: Step; readonly nth: number }
  | { readonly kind: 'pause-worker' | 'restart-redis'; readonly ms: number };

export interface PlannedFault {
  /** Share of the script that is in the logs when it happens. */
  readonly at: number;
  readonly fault: Fault;
}

const FEEDER_STEPS = STEPS.filter((step) => step.startsWith('append.'));
const WORKER_STEPS = STEPS.filter((step) => !step.startsWith('append.'));
const FEEDER_SHARE = 0.2;
const AT_STEP_SHARE = 0.5;
/** The last events are sent in peace, so that the longest recovery is seen to its end under load. */
const LAST_FAULT_AT = 0.95;

export function planFaults(random: Random, counts: FaultCounts): PlannedFault[] {
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  const faults: Fault[] = [
    ...times(counts.kills, () => killing(random)),
    // longer than two sweeps, after which the partitions of a silent owner are taken over
    ...times(counts.pauses, (): Fault => ({ kind: 'pause-worker', ms: random.between(3000, 6000) })),
    ...times(counts.redisRestarts, (): Fault => ({ kind: 'restart-redis', ms: random.between(0, 1000) })),
    ...times(counts.changes, (): Fault => ({ kind: 'add-worker' })),
    ...times(counts.changes, (): Fault => ({ kind: 'remove-worker' })),
  ];
  return shuffled(random, faults).map((fault, i, all) => ({
    at: ((i + random.next()) / all.length) * LAST_FAULT_AT,
    fault,
  }));
}

function killing(random: Random): Fault {
  const who = random.chance(FEEDER_SHARE) ? 'feeder' : 'worker';
  if (!random.chance(AT_STEP_SHARE)) return { kind: `kill-${who}` };
  const step = random.pick(who === 'feeder' ? FEEDER_STEPS : WORKER_STEPS);
  return { kind: `kill-${who}-at`, step, nth: random.between(1, 5) };
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
