// Merges the facts that only grow. Invariant: merging is idempotent and does not depend on order; what a source leaves
// out never deletes what is known; an unchanged participant is returned as the same object.
//
// When sources differ by milliseconds (provider clock, cloud clock, durations of detail events) the earliest report
// wins, for the end too: a participant's end that a source puts after its after-call work must not stretch its talk.
import type { Observation, ParticipantFacts } from '../observation.ts';
import { isLegalAfterCallWork } from './moves.ts';
import type { ParticipantState } from './state.ts';

export const UNKNOWN_PURPOSE = 'unknown';

type Time = number | undefined;
type Growing = Omit<ParticipantState, 'state' | 'since' | 'heldMs' | 'messages'>;

export const earliest = (a: Time, b: Time): Time => (a === undefined || (b !== undefined && b < a) ? b : a);
export const latest = (a: Time, b: Time): Time => (a === undefined || (b !== undefined && b > a) ? b : a);

export function mergeFacts(
  known: ParticipantState,
  facts: ParticipantFacts,
  source: Observation['source'],
): ParticipantState {
  const connectedAt = earliest(known.connectedAt, facts.connectedAt);
  const endedAt = mergedEnd(known.endedAt, facts.endedAt, connectedAt);
  const ended = endedAt !== undefined || facts.activity === 'ended';
  const work = facts.afterCallWork;
  const wrapUp = laterWrapUp(known, facts);
  const merged: Growing = {
    purpose: mergedPurpose(known.purpose, facts.purpose, source),
    userId: known.userId ?? facts.userId,
    queueId: known.queueId ?? facts.queueId,
    toldVersion: latest(known.toldVersion, facts.version),
    joinedAt: earliest(known.joinedAt, facts.joinedAt),
    connectedAt,
    heldSince: latest(known.heldSince, facts.heldSince),
    endedAt,
    disconnectType: known.disconnectType ?? (ended ? facts.disconnectType : undefined),
    afterCallWork: work && isLegalAfterCallWork(known.afterCallWork, work.phase) ? work.phase : known.afterCallWork,
    afterCallWorkStartedAt: earliest(known.afterCallWorkStartedAt, work?.startedAt),
    afterCallWorkEndedAt: earliest(known.afterCallWorkEndedAt, work?.endedAt),
    wrapUpCode: wrapUp.wrapUpCode,
    wrapUpAt: wrapUp.wrapUpAt,
  };
  return sameFacts(known, merged) ? known : { ...known, ...withoutAbsent(merged) };
}

/** Detail events only imply a purpose by their topic's name; snapshots state it. */
function mergedPurpose(known: string, told: string | undefined, source: Observation['source']): string {
  if (told === undefined || (source === 'detail' && known !== UNKNOWN_PURPOSE)) return known;
  return told;
}

/** An end before the connection belongs to an earlier session of the same participant: it is not this end. */
function mergedEnd(known: Time, told: Time, connectedAt: Time): Time {
  const after = (end: Time) =>
    end !== undefined && (connectedAt === undefined || end >= connectedAt) ? end : undefined;
  return earliest(after(known), after(told)) ?? known;
}

/** An agent may correct the code, so the later one stays; one without a time only fills a gap. */
function laterWrapUp(known: ParticipantState, facts: ParticipantFacts): Pick<Growing, 'wrapUpCode' | 'wrapUpAt'> {
  if (facts.wrapUpCode === undefined) return known;
  const later = facts.wrapUpAt !== undefined && facts.wrapUpAt > (known.wrapUpAt ?? -1);
  return known.wrapUpCode === undefined || later ? facts : known;
}

function sameFacts(known: ParticipantState, merged: Growing): boolean {
  return (
    merged.purpose === known.purpose &&
    merged.userId === known.userId &&
    merged.queueId === known.queueId &&
    merged.toldVersion === known.toldVersion &&
    merged.joinedAt === known.joinedAt &&
    merged.connectedAt === known.connectedAt &&
    merged.heldSince === known.heldSince &&
    merged.endedAt === known.endedAt &&
    merged.disconnectType === known.disconnectType &&
    merged.afterCallWork === known.afterCallWork &&
    merged.afterCallWorkStartedAt === known.afterCallWorkStartedAt &&
    merged.afterCallWorkEndedAt === known.afterCallWorkEndedAt &&
    merged.wrapUpCode === known.wrapUpCode &&
    merged.wrapUpAt === known.wrapUpAt
  );
}

/** A stored state reads back from JSON without absent fields: it must not differ from one that never left memory. */
function withoutAbsent(merged: Growing): Growing {
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as Growing;
}
