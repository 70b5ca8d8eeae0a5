// Customers on their journeys: one conversation after the other, each begun when the one before is done.
// Invariant: a journey draws from its own seed alone; what a run has come to is kept for the latest runs only.
import type { ContactCentre, Customer } from '../centre/centre.ts';
import type { RoutedMedia } from '../centre/roster.ts';
import { createRandom, seedOf, type Random } from '../random.ts';
import type { Journey, JourneyConversation } from '../scenarios/journey.ts';
import { drawn, playJourney } from '../scenarios/play-journey.ts';
import type { Script, Setting } from '../scenarios/scene.ts';
import type { Performances } from './performance.ts';
import type { Timeline } from './timeline.ts';

export interface JourneyTally {
  readonly started: number;
  readonly finished: number;
  /** Cut short: too many conversations were live. */
  readonly refused: number;
  readonly conversations: Readonly<Record<RoutedMedia, number>>;
}

export interface Journeys {
  start(run: string, journey: Journey, seed: number): void;
  /** Undefined for a run never heard of, or forgotten. */
  tally(run: string): JourneyTally | undefined;
}

export interface JourneysOptions {
  readonly speed: number;
  readonly timeline: Timeline;
  readonly centre: ContactCentre;
  readonly performances: Performances;
}

type Counts = { -readonly [K in keyof JourneyTally]: JourneyTally[K] } & {
  readonly conversations: Record<RoutedMedia, number>;
};

const MAX_RUNS = 100;

export function createJourneys(options: JourneysOptions): Journeys {
  const runs = new Map<string, Counts>();
  return {
    tally: (run) => runs.get(run),
    start: (run, { conversations }, seed) => {
      const counts = runs.get(run) ?? newRun(runs, run);
      const random = createRandom(seedOf('journey', seed));
      counts.started += 1;
      goOn({ ...options, counts, random, customer: random.pick(options.centre.customers) }, conversations);
    },
  };
}

function newRun(runs: Map<string, Counts>, run: string): Counts {
  const conversations = { voice: 0, message: 0, email: 0, callback: 0 };
  const counts: Counts = { started: 0, finished: 0, refused: 0, conversations };
  runs.set(run, counts);
  const [oldest] = runs.keys();
  if (runs.size > MAX_RUNS && oldest !== undefined) runs.delete(oldest);
  return counts;
}

interface Travel extends JourneysOptions {
  readonly counts: Counts;
  readonly random: Random;
  readonly customer: Customer;
}

function goOn(travel: Travel, [next, ...rest]: readonly JourneyConversation[]): void {
  const { counts, random, customer, performances, timeline, speed } = travel;
  if (next === undefined) {
    counts.finished += 1;
    return;
  }
  const { media, after } = next;
  timeline.after(drawn(random, after) / speed, () => {
    const play = (setting: Setting): Script => playJourney(setting, next);
    const id = performances.play({ media, customer, random, play, onSettled: () => goOn(travel, rest) });
    if (id === undefined) counts.refused += 1;
    else counts.conversations[media] += 1;
  });
}
