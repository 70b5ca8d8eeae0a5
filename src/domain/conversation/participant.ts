// One participant, one set of facts: which moves they prove. Invariant: intermediate moves are emitted only where there
// is evidence for them (a connection time, or a hold, which needs a connection), and only along the table of moves.
import type { ParticipantFacts } from '../observation.ts';
import { claimedState, refuseClaim } from './claim.ts';
import { mergeFacts, UNKNOWN_PURPOSE } from './facts.ts';
import { mergeMessages } from './messages.ts';
import { hasEnded, isLegalMove, wasConnected } from './moves.ts';
import type { Scene } from './scene.ts';
import type { ParticipantState, ParticipantStateName } from './state.ts';

interface Step {
  readonly to: ParticipantStateName;
  readonly at: number;
}

export function reduceParticipant(
  known: ParticipantState | undefined,
  facts: ParticipantFacts,
  scene: Scene,
): ParticipantState {
  const before = known ?? appear(facts, scene);
  const claim = claimedState(before, facts);
  const reason = isOldResume(before, claim, scene) ? 'stale' : refuseClaim(before, facts, claim);
  if (reason !== undefined) {
    scene.refusals.push({ reason, participantId: facts.participantId, from: before.state, to: claim ?? null });
  }
  const merged = reason === 'illegal' ? before : mergeFacts(before, facts, scene.source);
  const target = targetState(merged, reason === undefined ? claim : undefined);
  const moved = move(merged, target, facts.participantId, scene);
  announceWrapUp(before, moved, facts.participantId, scene);
  return mergeMessages(moved, facts, scene);
}

/** A participant begins as pending; the moves that brought it to where it is seen follow from the evidence. */
function appear(facts: ParticipantFacts, scene: Scene): ParticipantState {
  return { purpose: facts.purpose ?? UNKNOWN_PURPOSE, state: 'pending', since: facts.joinedAt ?? scene.at };
}

const isOldResume = (known: ParticipantState, claim: ParticipantStateName | undefined, scene: Scene): boolean =>
  scene.provenOld && known.state === 'held' && claim === 'active';

/** Facts first, the claim second. Facts alone neither begin nor end a hold. */
function targetState(merged: ParticipantState, claim: ParticipantStateName | undefined): ParticipantStateName {
  const isOver = merged.endedAt !== undefined || hasEnded(merged.state);
  if (isOver || claim === 'left' || claim === 'failed') return wasConnected(merged) ? 'left' : 'failed';
  if (claim === 'held' || claim === 'active') return claim;
  if (merged.state === 'held' || merged.state === 'active') return merged.state;
  if (merged.connectedAt !== undefined) return 'active';
  return claim === 'joined' || merged.state === 'joined' || merged.joinedAt !== undefined ? 'joined' : 'pending';
}

function move(merged: ParticipantState, target: ParticipantStateName, id: string, scene: Scene): ParticipantState {
  if (merged.state === target) return followHold(merged);
  let { state, since } = merged;
  let heldMs = merged.heldMs ?? 0;
  for (const step of stepsTo(target, merged, scene)) {
    if (!isLegalMove(state, step.to)) {
      scene.refusals.push({ reason: 'illegal', participantId: id, from: state, to: step.to });
      break;
    }
    if (state === 'held') heldMs += Math.max(0, step.at - since);
    scene.events.push({
      kind: 'participant.moved',
      participantId: id,
      purpose: merged.purpose,
      from: state,
      to: step.to,
      at: step.at,
    });
    state = step.to;
    since = step.at;
  }
  return heldMs > 0 ? { ...merged, state, since, heldMs } : { ...merged, state, since };
}

/** A later hold seen while on hold: the resume between the two was missed, only the start moves. */
function followHold(merged: ParticipantState): ParticipantState {
  if (merged.state !== 'held' || merged.heldSince === undefined || merged.heldSince <= merged.since) return merged;
  return { ...merged, since: merged.heldSince };
}

function stepsTo(target: ParticipantStateName, merged: ParticipantState, scene: Scene): Step[] {
  const steps: Step[] = [];
  const { state, joinedAt, connectedAt, heldSince, endedAt } = merged;
  /** A change without a time happened when we learnt of it, but never before what preceded it. */
  const learnt = Math.max(scene.at, merged.since);
  const isNew = state === 'pending' || state === 'joined';
  if (state === 'pending' && target !== 'joined' && joinedAt !== undefined) steps.push({ to: 'joined', at: joinedAt });
  if (isNew && (target === 'held' || target === 'left')) {
    steps.push({ to: 'active', at: connectedAt ?? (target === 'held' ? heldSince : endedAt) ?? learnt });
  }
  const known = {
    pending: undefined,
    joined: joinedAt,
    active: isNew ? connectedAt : undefined,
    held: heldSince,
    left: endedAt,
    failed: endedAt,
  };
  steps.push({ to: target, at: known[target] ?? learnt });
  return steps;
}

function announceWrapUp(before: ParticipantState, after: ParticipantState, participantId: string, scene: Scene): void {
  if (after.afterCallWork !== before.afterCallWork) {
    if (before.afterCallWork === undefined) {
      const at = after.afterCallWorkStartedAt ?? after.endedAt ?? scene.at;
      scene.events.push({ kind: 'after-call-work.started', participantId, at });
    }
    if (after.afterCallWork === 'complete') {
      const at = after.afterCallWorkEndedAt ?? scene.at;
      scene.events.push({ kind: 'after-call-work.completed', participantId, at });
    }
  }
  if (after.wrapUpCode !== undefined && after.wrapUpCode !== before.wrapUpCode) {
    const at = after.wrapUpAt ?? scene.at;
    scene.events.push({ kind: 'wrap-up.set', participantId, code: after.wrapUpCode, at });
  }
}
