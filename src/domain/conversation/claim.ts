// Judges what a source claims a participant is doing now, against what is known of it. Invariant: a claim that lacks a
// fact already known is stale, whatever its content: no clock and no content hash is asked. Content repeats (connected,
// held, connected again), and resuming makes the snapshot's latest time go backwards.
import type { Activity, ParticipantFacts } from '../observation.ts';
import type { RefusalReason } from './events.ts';
import { latest } from './facts.ts';
import { isLegalAfterCallWork, isLegalMove, wasConnected } from './moves.ts';
import type { ParticipantState, ParticipantStateName } from './state.ts';

const CLAIMS = {
  scheduled: 'pending',
  alerting: 'joined',
  connected: 'active',
  held: 'held',
  unknown: undefined,
} as const satisfies Record<Exclude<Activity, 'ended'>, ParticipantStateName | undefined>;

/** The state that a claim names; none where the source claims nothing or something unknown. */
export function claimedState(known: ParticipantState, facts: ParticipantFacts): ParticipantStateName | undefined {
  if (facts.activity === undefined) return undefined;
  if (facts.activity !== 'ended') return CLAIMS[facts.activity];
  return facts.connectedAt !== undefined || wasConnected(known) ? 'left' : 'failed';
}

/** Why the claim may not move the participant; undefined where it may. */
export function refuseClaim(
  known: ParticipantState,
  facts: ParticipantFacts,
  claim: ParticipantStateName | undefined,
): Exclude<RefusalReason, 'duplicate' | 'over_limit'> | undefined {
  if (facts.activity === 'unknown') return 'unknown_state';
  if (claim === undefined) return undefined;
  if (isOlderVersion(known.toldVersion, facts)) return 'stale';
  if (!isReachable(known.state, claim)) return isRevival(known, facts) ? 'illegal' : 'stale';
  if (claim === 'held' && isOlderHold(known, facts)) return 'stale';
  return isEarlierAfterCallWork(known, facts) ? 'stale' : undefined;
}

/** The version gate: told before what is known of the same participant (or conversation) was. */
export const isOlderVersion = (known: number | undefined, { version }: ParticipantFacts): boolean =>
  known !== undefined && version !== undefined && version < known;

/** In one legal move, or through `active`, which a hold and a leaving prove. */
function isReachable(from: ParticipantStateName, to: ParticipantStateName): boolean {
  return from === to || isLegalMove(from, to) || (isLegalMove(from, 'active') && isLegalMove('active', to));
}

/** A hold that began no later than one already left; while held, the same start is the same hold. */
function isOlderHold(known: ParticipantState, facts: ParticipantFacts): boolean {
  if (facts.heldSince === undefined || known.heldSince === undefined) return false;
  return known.state === 'held' ? facts.heldSince < known.heldSince : facts.heldSince <= known.heldSince;
}

const isEarlierAfterCallWork = (known: ParticipantState, facts: ParticipantFacts): boolean =>
  facts.afterCallWork !== undefined &&
  facts.afterCallWork.phase !== known.afterCallWork &&
  !isLegalAfterCallWork(known.afterCallWork, facts.afterCallWork.phase);

/** Shown alive, with a beginning after its end: no late copy. Only who has ended can be revived; else going back is old. */
function isRevival(known: ParticipantState, facts: ParticipantFacts): boolean {
  const began = latest(latest(facts.joinedAt, facts.connectedAt), facts.heldSince);
  return known.endedAt !== undefined && facts.endedAt === undefined && began !== undefined && began > known.endedAt;
}
