// Starts a conversation and plays its script, and what that forks, to the last line. Invariant: a conversation is
// settled exactly once, when none of its scripts has anything left to do.
import { createRoster, type RoutedMedia } from '../centre/roster.ts';
import { createConversation, type LiveConversation } from '../conversation/live-conversation.ts';
import { idOf } from '../ids.ts';
import { createRandom, seedOf } from '../random.ts';
import { drawMedia, scenarios } from '../scenarios/mix.ts';
import type { Scenario } from '../scenarios/scene.ts';
import type { Cue, PerformanceOptions } from './cue.ts';
import { Stages } from './stages.ts';

export interface PerformanceCounts {
  readonly started: number;
  readonly byMedia: Readonly<Record<RoutedMedia, number>>;
  /** Not started because too many are live. */
  readonly refused: number;
  readonly busyAgents: number;
}

export interface Performances {
  /** Starts one, of the medium asked for or one drawn; its id, or none when too many are live. */
  start(asked?: RoutedMedia): readonly string[];
  /** Plays a script that is given; its id, or undefined when too many are live. */
  play(cue: Cue): string | undefined;
  /** Plays something more in one that is still played. */
  join(conversation: LiveConversation, play: Scenario['play']): void;
  /** Ends one at once, whatever its script had in mind; one that is over stays as it is. */
  cut(conversation: LiveConversation): void;
  counts(): PerformanceCounts;
}

export function createPerformances(options: PerformanceOptions): Performances {
  const { seed, epoch, timeline, centre, population } = options;
  const roster = createRoster(centre);
  const stages = new Stages();
  const byMedia: Record<RoutedMedia, number> = { voice: 0, message: 0, email: 0, callback: 0 };
  let started = 0;
  let refused = 0;
  return {
    counts: () => ({ started, refused, byMedia: { ...byMedia }, busyAgents: roster.busy() }),
    start: (asked) => {
      const random = createRandom(seedOf('conversation', seed, started + 1));
      const media = asked ?? drawMedia(random);
      const customer = random.pick(centre.customers);
      const play: Cue['play'] = (setting) => scenarios[media].play(setting);
      const id = begin({ media, customer, random, play, onSettled: () => undefined });
      return id === undefined ? [] : [id];
    },
    play: begin,
    join: ({ id }, play) => stages.join(id, play),
    cut: (conversation) => stages.cut(conversation),
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
    stages.open(conversation, { ...options, ...cue, number: started, roster });
    return id;
  }
}
