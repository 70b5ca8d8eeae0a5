// One participant with its communications, from either snapshot shape, as facts. Invariants: the phase follows from
// timestamps first and the state word second (a callback in after-call work says "connected" beside its end time); of
// several communications the most alive one decides; a participant has ended only when all of them have.
import type { z } from 'zod';
import type { Activity, AfterCallWorkFact, Direction, Media, MessageFact } from '../../domain/observation.ts';
import type { ParticipantFacts } from '../../domain/observation.ts';
import type { afterCallWork, wrapUp } from './fields.ts';
import { present } from './fields.ts';
import { activityOf, afterCallWorkPhaseOf, directionOf, disconnectTypeOf } from './vocabulary.ts';

type Text = string | null | undefined;
type Time = number | null | undefined;

/** One medium's leg of a participant. */
export interface Communication {
  readonly state?: Text;
  readonly held?: boolean | null | undefined;
  readonly direction?: Text;
  readonly disconnectType?: Text;
  readonly startHoldTime?: Time;
  readonly parkTime?: Time;
  readonly startTime?: Time;
  readonly connectedTime?: Time;
  readonly disconnectedTime?: Time;
  readonly afterCallWork?: z.output<typeof afterCallWork>;
  readonly wrapup?: z.output<typeof wrapUp>;
}

export interface Leg {
  readonly media: Media;
  readonly communication: Communication;
}

/** What both snapshot shapes say of the participant itself. */
export interface Person {
  readonly id: string;
  readonly purpose?: Text;
  readonly connectedTime?: Time;
  readonly endTime?: Time;
  readonly startAcwTime?: Time;
  readonly endAcwTime?: Time;
  readonly wrapup?: z.output<typeof wrapUp>;
}

export interface Whereabouts {
  readonly userId: string | undefined;
  readonly queueId: string | undefined;
  readonly externalContactId: string | undefined;
  readonly priority: number | undefined;
  readonly media: Media | undefined;
  readonly messages: readonly MessageFact[] | undefined;
  readonly addresses?: ParticipantFacts['addresses'];
  readonly attributes?: ParticipantFacts['attributes'];
}

const LIVELINESS: Readonly<Record<Activity, number>> = {
  ended: 0,
  unknown: 1,
  scheduled: 2,
  alerting: 3,
  held: 4,
  connected: 5,
};

export function participantFacts(person: Person, legs: readonly Leg[], where: Whereabouts): ParticipantFacts {
  const leading = mostAlive(legs);
  const connectedAt = minimum(legs, (leg) => leg.connectedTime) ?? person.connectedTime ?? undefined;
  const activity = person.endTime ? 'ended' : activityNow(leading, connectedAt);
  const lastEnded = activity === 'ended' ? lastToEnd(legs) : undefined;
  return {
    participantId: person.id,
    purpose: present(person.purpose),
    ...where,
    direction: directionOfLegs(legs, leading),
    activity,
    joinedAt: activity === 'scheduled' ? undefined : minimum(legs, (leg) => leg.startTime),
    connectedAt,
    heldSince: activity === 'held' ? (leading?.startHoldTime ?? leading?.parkTime ?? undefined) : undefined,
    endedAt: activity === 'ended' ? (lastEnded?.disconnectedTime ?? person.endTime ?? undefined) : undefined,
    disconnectType: disconnectTypeOf(lastEnded?.disconnectType),
    afterCallWork: workOf(person, legs),
    ...wrapUpOf(person, legs),
  };
}

function mostAlive(legs: readonly Leg[]): Communication | undefined {
  let best: Communication | undefined;
  let liveliness = -1;
  for (const { communication } of legs) {
    const candidate = LIVELINESS[legActivity(communication) ?? 'unknown'];
    if (candidate <= liveliness) continue;
    best = communication;
    liveliness = candidate;
  }
  return best;
}

function legActivity(leg: Communication): Activity | undefined {
  const said = activityOf(leg.state);
  if (leg.disconnectedTime || said === 'ended') return 'ended';
  if (said === 'held' || leg.held === true || (leg.startHoldTime && leg.held !== false)) return 'held';
  return leg.connectedTime ? 'connected' : said;
}

/** Whoever has been connected and has not ended is connected, whatever else is still ringing. */
function activityNow(leading: Communication | undefined, connectedAt: number | undefined): Activity | undefined {
  const said = leading && legActivity(leading);
  if (said === 'held' || said === 'ended') return said;
  return connectedAt === undefined ? said : 'connected';
}

/** The leg whose end is the participant's; none while one has no end time, then the participant's own time stands. */
function lastToEnd(legs: readonly Leg[]): Communication | undefined {
  let last: Communication | undefined;
  for (const { communication } of legs) {
    if (!communication.disconnectedTime) return undefined;
    if (!last || communication.disconnectedTime > (last.disconnectedTime ?? 0)) last = communication;
  }
  return last;
}

function directionOfLegs(legs: readonly Leg[], leading: Communication | undefined): Direction | undefined {
  return directionOf(leading?.direction) ?? directionOf(legs[0]?.communication.direction);
}

function minimum(legs: readonly Leg[], timeOf: (leg: Communication) => Time): number | undefined {
  let least: number | undefined;
  for (const { communication } of legs) {
    const time = timeOf(communication);
    if (time && (least === undefined || time < least)) least = time;
  }
  return least;
}

/** Complete when the participant's own end time says so, or when a leg does and no leg is still at it. */
function workOf(person: Person, legs: readonly Leg[]): AfterCallWorkFact | undefined {
  let startedAt = person.startAcwTime ?? undefined;
  let endedAt = person.endAcwTime ?? undefined;
  let isPending = startedAt !== undefined;
  let isComplete = endedAt !== undefined;
  for (const { communication } of legs) {
    const phase = afterCallWorkPhaseOf(communication.afterCallWork?.state);
    if (phase === undefined) continue;
    startedAt ??= communication.afterCallWork?.startTime ?? undefined;
    if (phase === 'complete') endedAt ??= communication.afterCallWork?.endTime ?? undefined;
    if (phase === 'pending') isPending = true;
    else if (!legs.some(isAtWork)) isComplete = true;
  }
  if (isComplete) return { phase: 'complete', startedAt, endedAt };
  return isPending ? { phase: 'pending', startedAt } : undefined;
}

const isAtWork = (leg: Leg): boolean => afterCallWorkPhaseOf(leg.communication.afterCallWork?.state) === 'pending';

function wrapUpOf(person: Person, legs: readonly Leg[]): Pick<ParticipantFacts, 'wrapUpCode' | 'wrapUpAt'> {
  const found = person.wrapup?.code
    ? person.wrapup
    : legs.findLast((leg) => leg.communication.wrapup?.code)?.communication.wrapup;
  return { wrapUpCode: present(found?.code), wrapUpAt: found?.endTime ?? undefined };
}
