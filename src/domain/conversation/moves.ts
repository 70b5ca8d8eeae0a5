// The table of legal moves of a participant. Invariant: `participant.moved` is never emitted for a pair not in it.
//
//   pending ──► joined ──► active ◄──► held      pending: scheduled, none      active: connected
//      │          │           └───┬─────┘        joined:  alerting, dialing,   held:   held, parked
//      └────┬─────┘               ▼                       contacting, offering
//           ▼                    left            left:    ended after having been connected
//         failed ───────────────► ┘              failed:  ended without (no answer, declined, abandoned)
//
// After-call work comes after the end and has its own, smaller table.
import type { ParticipantState, ParticipantStateName } from './state.ts';

export const LEGAL_MOVES: Readonly<Record<ParticipantStateName, readonly ParticipantStateName[]>> = {
  pending: ['joined', 'active', 'failed'],
  joined: ['active', 'failed'],
  active: ['held', 'left'],
  held: ['active', 'left'],
  left: [],
  // A correction, not a revival: the end was known before the connection was (events arrive out of order).
  failed: ['left'],
};

type AfterCallWork = NonNullable<ParticipantState['afterCallWork']>;

export const LEGAL_AFTER_CALL_WORK: Readonly<Record<'none' | AfterCallWork, readonly AfterCallWork[]>> = {
  none: ['pending', 'complete'],
  pending: ['complete'],
  complete: [],
};

export const isLegalMove = (from: ParticipantStateName, to: ParticipantStateName): boolean =>
  LEGAL_MOVES[from].includes(to);

export const isLegalAfterCallWork = (from: AfterCallWork | undefined, to: AfterCallWork): boolean =>
  LEGAL_AFTER_CALL_WORK[from ?? 'none'].includes(to);

/** Somebody or something is on the line, or about to be. */
export const isLive = (state: ParticipantStateName): boolean =>
  state === 'joined' || state === 'active' || state === 'held';

export const hasEnded = (state: ParticipantStateName): boolean => state === 'left' || state === 'failed';

/** Connected at some time: what tells `left` from `failed`. */
export const wasConnected = (participant: ParticipantState): boolean =>
  participant.connectedAt !== undefined ||
  participant.state === 'active' ||
  participant.state === 'held' ||
  participant.state === 'left';
