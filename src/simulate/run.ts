// A run of the simulator: customers set out on their journeys at a rate, for a while; then their last ones are awaited.
// Invariant: same scenarios, rate and seed: the same customers set out at the same times, however slow the emulator is.
import type { Journey } from '../emulator/scenarios/journey.ts';
import { createRandom, seedOf, type Random } from '../emulator/random.ts';
import { delay, type Clock } from '../runtime/clock.ts';

/** What a run has come to. */
export interface Tally {
  readonly started: number;
  readonly finished: number;
  readonly refused: number;
  /** By medium. */
  readonly conversations: Readonly<Record<string, number>>;
}

/** Where journeys are played. */
export interface JourneyHost {
  /** One journey a seed, begun now. */
  begin(run: string, journey: Journey, seeds: readonly number[]): Promise<Tally>;
  tally(run: string): Promise<Tally>;
}

export interface RunOptions {
  readonly host: JourneyHost;
  /** Names the run to the host. */
  readonly run: string;
  readonly journeys: readonly [Journey, ...Journey[]];
  readonly ratePerMinute: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface Progress extends Tally {
  readonly elapsedMs: number;
  /** Nobody sets out any more; those under way are awaited. */
  readonly closing: boolean;
}

export interface Summary extends Tally {
  readonly byScenario: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  /** Stopped before its time, or before all had finished. */
  readonly cutShort: boolean;
}

const TICK_MS = 200;
/** The emulator takes so many in one request. */
const MAX_SEEDS = 1000;

export interface Departure {
  readonly atMs: number;
  readonly journey: Journey;
  readonly seed: number;
}

/** Who sets out when: independently of each other, each scenario as likely as the next. */
export function* departures({
  journeys,
  ratePerMinute,
  durationMs,
  seed,
}: Pick<RunOptions, 'journeys' | 'ratePerMinute' | 'durationMs' | 'seed'>): Generator<Departure> {
  // prettier-ignore
  const random = createRandom(seedOf('simulate', seed));
  for (let number = 1, atMs = gapMs(random, ratePerMinute); atMs < durationMs; number += 1) {
    yield { atMs, journey: random.pick(journeys), seed: seedOf('simulated', seed, number) };
    atMs += gapMs(random, ratePerMinute);
  }
}

const gapMs = (random: Random, perMinute: number): number => (-Math.log(1 - random.next()) * 60_000) / perMinute;

export async function simulate(options: RunOptions): Promise<Summary> {
  const { host, run, clock, stopping, durationMs, onProgress } = options;
  const startedAt = clock.now();
  const elapsed = (): number => clock.now() - startedAt;
  const byScenario: Record<string, number> = Object.fromEntries(options.journeys.map(({ name }) => [name, 0]));
  let tally: Tally = { started: 0, finished: 0, refused: 0, conversations: {} };
  const plan = departures(options);
  let next = plan.next();
  while (!stopping.aborted && (next.done !== true || elapsed() < durationMs)) {
    const due: Departure[] = [];
    for (; next.done !== true && next.value.atMs <= elapsed(); next = plan.next()) due.push(next.value);
    for (const { journey, seeds } of grouped(due)) {
      tally = await host.begin(run, journey, seeds);
      byScenario[journey.name] = (byScenario[journey.name] ?? 0) + seeds.length;
    }
    onProgress({ ...tally, elapsedMs: elapsed(), closing: false });
    await delay(clock, TICK_MS, stopping);
  }
  while (!stopping.aborted && tally.finished + tally.refused < tally.started) {
    tally = await host.tally(run);
    onProgress({ ...tally, elapsedMs: elapsed(), closing: true });
    await delay(clock, TICK_MS, stopping);
  }
  return { ...tally, byScenario, elapsedMs: elapsed(), cutShort: stopping.aborted };
}

function grouped(due: readonly Departure[]): readonly { readonly journey: Journey; readonly seeds: number[] }[] {
  const groups: { journey: Journey; seeds: number[] }[] = [];
  for (const { journey, seed } of due) {
    const open = groups.find((group) => group.journey === journey && group.seeds.length < MAX_SEEDS);
    if (open === undefined) groups.push({ journey, seeds: [seed] });
    else open.seeds.push(seed);
  }
  return groups;
}
