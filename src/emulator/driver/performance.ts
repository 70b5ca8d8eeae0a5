// Starts a conversation and plays its script, and what that forks, to the last line. Invariant: a conversation is
// settled exactly once, when none of its scripts has anything left to do.
import type { ContactCentre, Customer } from '../centre/centre.ts';
import { createRoster, type RoutedMedia } from '../centre/roster.ts';
import { createConversation, type LiveConversation } from '../conversation/live-conversation.ts';
import { createIds, idOf } from '../ids.ts';
import { createRandom, seedOf, type Random } from '../random.ts';
import { drawMedia, scenarios } from '../scenarios/mix.ts';
import type { Scenario, Script } from '../scenarios/scene.ts';
import type { Population } from './population.ts';
import type { Teller } from './teller.ts';
import type { Timeline } from './timeline.ts';

export interface PerformanceOptions {
  readonly seed: number;
  readonly epoch: number;
  readonly speed: number;
  readonly timeline: Timeline;
  readonly centre: ContactCentre;
  readonly population: Population;
  readonly teller: Teller;
  settle(conversation: LiveConversation): void;
}

export interface PerformanceCounts {
  readonly started: number;
  readonly byMedia: Readonly<Record<RoutedMedia, number>>;
  /** Not started because too many are live. */
  readonly refused: number;
  readonly busyAgents: number;
}

/** One conversation to be played: whose, and how. */
export interface Cue {
  readonly media: RoutedMedia;
  readonly customer: Customer;
  readonly random: Random;
  readonly play: Scenario['play'];
  readonly onSettled: () => void;
}

export interface Performances {
  /** Starts one, of the medium asked for or one drawn; its id, or none when too many are live. */
  start(asked?: RoutedMedia): readonly string[];
  /** Plays a script that is given; its id, or undefined when too many are live. */
  play(cue: Cue): string | undefined;
  counts(): PerformanceCounts;
}

export function createPerformances(options: PerformanceOptions): Performances {
  const { seed, epoch, timeline, centre, population } = options;
  const roster = createRoster(centre);
  const byMedia: Record<RoutedMedia, number> = { voice: 0, message: 0, email: 0, callback: 0 };
  let started = 0;
  let refused = 0;
  return {
    counts: () => ({ started, refused, byMedia: { ...byMedia }, busyAgents: roster.busy() }),
    start: (asked) => {
      const random = createRandom(seedOf('conversation', seed, started + 1));
      const media = asked ?? drawMedia(random);
      const customer = random.pick(centre.customers);
      const { play } = scenarios[media];
      const id = begin({ media, customer, random, play, onSettled: () => undefined });
      return id === undefined ? [] : [id];
    },
    play: begin,
  };

  function begin(cue: Cue): string | undefined {
    if (population.isFull()) {
      refused += 1;
      return undefined;
    }
    started += 1;
    const { media } = cue;
    const id = idOf('conversation', seed, epoch, started);
    const startTime = new Date(timeline.now()).toISOString();
    const conversation = createConversation({ id, media, startTime, division: centre.division });
    byMedia[media] += 1;
    population.add(conversation);
    perform(conversation, { ...options, ...cue, number: started, roster });
    return id;
  }
}

interface Performance extends PerformanceOptions, Cue {
  /** The how-manieth conversation this is. */
  readonly number: number;
  readonly roster: ReturnType<typeof createRoster>;
}

function perform(conversation: LiveConversation, performance: Performance): void {
  const { number, random, roster, teller, seed, epoch, speed, timeline, centre, customer } = performance;
  let playing = 0;
  const advance = (script: Script): void => {
    const step = script.next();
    if (step.done !== true) {
      // Two changes are a millisecond apart at least, however great the speed.
      timeline.after(Math.max(1, step.value / speed), () => advance(script));
      return;
    }
    playing -= 1;
    if (playing > 0) return;
    performance.settle(conversation);
    performance.onSettled();
  };
  const fork = (script: Script): void => {
    playing += 1;
    advance(script);
  };
  const script = performance.play({
    conversation,
    centre,
    roster,
    random,
    customer,
    ids: createIds('within', seed, epoch, number),
    time: (afterMs = 0) => new Date(timeline.now() + afterMs / speed).toISOString(),
    tell: () => teller.tell(conversation),
    send: (topicName, body) => teller.send(topicName, body),
    fork,
  });
  fork(script);
}
