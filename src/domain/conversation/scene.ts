// What all participants of one observation share, and where their findings go. Lives for one call of the reducer.
import type { Observation } from '../observation.ts';
import type { ConversationEvent, Refusal } from './events.ts';

export interface Scene {
  readonly source: Observation['source'];
  /** Stands in for the time of a change that carries none. */
  readonly at: number;
  /** Another participant proves the observation older than what is known: it may not say "not on hold any more". */
  readonly provenOld: boolean;
  readonly events: ConversationEvent[];
  readonly refusals: Refusal[];
}
