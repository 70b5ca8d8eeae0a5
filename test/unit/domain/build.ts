// Short ways to say observations in tests. Times are seconds after T0, so that a test reads like a story.
import type { Observation, ParticipantFacts } from '../../../src/domain/observation.ts';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import type { Reduction } from '../../../src/domain/conversation/reduce.ts';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';

export const T0 = Date.parse('2026-03-02T14:00:00.000Z');
export const at = (seconds: number): number => T0 + seconds * 1000;

type Facts = Omit<ParticipantFacts, 'participantId'>;

export const customer = (facts: Facts): ParticipantFacts => ({
  participantId: 'customer-1',
  purpose: 'customer',
  media: 'voice',
  ...facts,
});

export const agent = (facts: Facts, participantId = 'agent-1'): ParticipantFacts => ({
  participantId,
  purpose: 'agent',
  media: 'voice',
  ...facts,
});

export const connected = (from: number): Facts => ({ activity: 'connected', connectedAt: at(from) });
export const held = (from: number, since: number): Facts => ({
  activity: 'held',
  connectedAt: at(from),
  heldSince: at(since),
});
export const ended = (from: number | undefined, to: number): Facts => ({
  activity: 'ended',
  connectedAt: from === undefined ? undefined : at(from),
  endedAt: at(to),
});

export const snapshot = (receivedSeconds: number, ...participants: ParticipantFacts[]): Observation => ({
  conversationId: 'conversation-1',
  source: 'snapshot',
  receivedAt: at(receivedSeconds),
  participants,
});

export const detail = (eventSeconds: number, ...participants: ParticipantFacts[]): Observation => ({
  ...snapshot(eventSeconds, ...participants),
  source: 'detail',
  eventTime: at(eventSeconds),
});

/** Applies all in order; the last reduction, with every event and refusal of the way. */
export function tell(...observations: readonly Observation[]): Reduction {
  return tellFrom(undefined, ...observations);
}

export function tellFrom(from: ConversationState | undefined, ...observations: readonly Observation[]): Reduction {
  let state = from;
  let changed = false;
  const events: Reduction['events'][number][] = [];
  const refusals: Reduction['refusals'][number][] = [];
  for (const observation of observations) {
    const reduction = reduce(state, observation);
    ({ state, changed } = reduction);
    events.push(...reduction.events);
    refusals.push(...reduction.refusals);
  }
  if (state === undefined) throw new Error('tell needs at least one observation');
  return { state, changed, events, refusals };
}

export const moves = ({ events }: Reduction, participantId = 'agent-1'): string[] =>
  events
    .filter((event) => event.kind === 'participant.moved')
    .filter((event) => event.participantId === participantId)
    .map((event) => `${event.from} -> ${event.to} @${(event.at - T0) / 1000}`);

export const reasons = ({ refusals }: Reduction): string[] => refusals.map(({ reason }) => reason);
