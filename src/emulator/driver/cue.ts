// What a performance is given: the house it plays in, and one conversation's cue.
import type { ContactCentre, Customer } from '../centre/centre.ts';
import type { RoutedMedia } from '../centre/roster.ts';
import type { LiveConversation } from '../conversation/live-conversation.ts';
import type { Random } from '../random.ts';
import type { Scenario } from '../scenarios/scene.ts';
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

/** One conversation to be played: whose, and how. */
export interface Cue {
  readonly media: RoutedMedia;
  readonly customer: Customer;
  readonly random: Random;
  readonly play: Scenario['play'];
  readonly onSettled: () => void;
}
