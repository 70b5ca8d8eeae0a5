// The earliest and latest platform time in an observation. Invariant: times in the future by nature (a callback's
// schedule) are no facts and never get here.
import type { Observation, ParticipantFacts } from '../observation.ts';
import { earliest, latest } from './facts.ts';

export interface TimeSpan {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export function timeSpan(observation: Observation): TimeSpan {
  let from: number | undefined;
  let to: number | undefined;
  const take = (time: number | undefined): void => {
    from = earliest(from, time);
    to = latest(to, time);
  };
  take(observation.eventTime);
  take(observation.transcription?.lastUtteranceAt);
  for (const facts of observation.participants) takeFacts(facts, take);
  return { from, to };
}

function takeFacts(facts: ParticipantFacts, take: (time: number | undefined) => void): void {
  take(facts.joinedAt);
  take(facts.connectedAt);
  take(facts.heldSince);
  take(facts.endedAt);
  take(facts.afterCallWork?.startedAt);
  take(facts.afterCallWork?.endedAt);
  take(facts.wrapUpAt);
  for (const message of facts.messages ?? []) take(message.sentAt);
}
