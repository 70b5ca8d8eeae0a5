// A conversation as analytics states it, as far as it had got by a moment: data is available with a lag. Invariant: read
// off the ledger and nothing else, so that analytics and the ledger cannot tell two stories.
import type { LedgerEntry, LedgerParticipant } from '../../driver/ledger.ts';

export interface Segment {
  readonly segmentType: 'interact' | 'ivr' | 'alert' | 'wrapup' | 'scheduled';
  readonly segmentStart: string;
  readonly segmentEnd?: string;
  readonly disconnectType?: string;
  readonly queueId?: string;
  readonly wrapUpCode?: string;
  readonly conference: boolean;
}

export interface AnalyticsMetric {
  readonly name: string;
  readonly value: number;
  readonly emitDate: string;
}

export interface AnalyticsParticipant {
  readonly participantId: string;
  readonly purpose: string;
  readonly userId?: string;
  readonly externalContactId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly sessions: readonly {
    readonly sessionId: string;
    readonly mediaType: string;
    readonly direction: string;
    readonly metrics: readonly AnalyticsMetric[];
    readonly segments: readonly Segment[];
  }[];
}

export interface AnalyticsConversation {
  readonly conversationId: string;
  readonly conversationStart: string;
  readonly conversationEnd?: string;
  readonly originatingDirection: string;
  readonly divisionIds: readonly string[];
  readonly participants: readonly AnalyticsParticipant[];
}

/** Undefined for what has not begun by `horizon` (epoch ms). */
export function analyticsOf(
  entry: LedgerEntry,
  horizon: number,
  divisionId: string,
): AnalyticsConversation | undefined {
  if (Date.parse(entry.startTime) > horizon) return undefined;
  const by = (time: string | undefined): string | undefined =>
    time !== undefined && Date.parse(time) <= horizon ? time : undefined;
  const joined = entry.participants.filter(({ joinTime }) => by(joinTime ?? entry.startTime) !== undefined);
  const end = by(entry.endTime);
  return {
    conversationId: entry.conversationId,
    conversationStart: entry.startTime,
    ...(end === undefined ? {} : { conversationEnd: end }),
    originatingDirection: 'inbound',
    divisionIds: [divisionId],
    participants: joined.map((participant) => participantOf(entry, participant, by)),
  };
}

type Known = (time: string | undefined) => string | undefined;

function participantOf(entry: LedgerEntry, person: LedgerParticipant, by: Known): AnalyticsParticipant {
  const segments = segmentsOf(entry, person, by);
  return {
    participantId: person.id,
    purpose: person.purpose,
    ...(person.userId === undefined ? {} : { userId: person.userId }),
    ...(person.externalContactId === undefined ? {} : { externalContactId: person.externalContactId }),
    sessions: [
      {
        sessionId: person.sessionId ?? person.id,
        mediaType: entry.media,
        direction: person.direction ?? 'inbound',
        metrics: person.purpose === 'agent' ? agentMetrics(segments) : [],
        segments,
      },
    ],
  };
}

function segmentsOf(entry: LedgerEntry, person: LedgerParticipant, by: Known): readonly Segment[] {
  const joined = person.joinTime ?? entry.startTime;
  const connected = by(person.connectedTime);
  const ended = by(person.endTime);
  const place = person.queueId === undefined ? {} : { queueId: person.queueId };
  const end = ended === undefined ? {} : { segmentEnd: ended, disconnectType: analyticsWord(person.disconnectType) };
  const segments: Segment[] = [];
  if (connected !== joined) {
    const until = connected === undefined ? end : { segmentEnd: connected };
    segments.push({ segmentType: waitingType(person), segmentStart: joined, ...until, ...place, conference: false });
  }
  if (connected !== undefined) {
    const segmentType = person.purpose === 'ivr' ? 'ivr' : 'interact';
    segments.push({ segmentType, segmentStart: connected, ...end, ...place, conference: false });
  }
  const work = by(person.afterCallWorkStartTime);
  if (work !== undefined) segments.push(wrapUpSegment(person, work, by(person.afterCallWorkEndTime), place));
  return segments;
}

const waitingType = ({ purpose }: LedgerParticipant): Segment['segmentType'] =>
  purpose === 'agent' ? 'alert' : 'scheduled';

function wrapUpSegment(
  { wrapUpCode }: LedgerParticipant,
  segmentStart: string,
  segmentEnd: string | undefined,
  place: { readonly queueId?: string },
): Segment {
  const done = segmentEnd === undefined ? {} : { segmentEnd, ...(wrapUpCode === undefined ? {} : { wrapUpCode }) };
  return { segmentType: 'wrapup', segmentStart, ...done, ...place, conference: false };
}

/** Emitted when a segment is over, as the platform does. */
function agentMetrics(segments: readonly Segment[]): readonly AnalyticsMetric[] {
  const names: Readonly<Record<string, string>> = { alert: 'tAlert', interact: 'tTalk', wrapup: 'tAcw' };
  const metrics: AnalyticsMetric[] = [];
  let handled = 0;
  for (const { segmentType, segmentStart, segmentEnd } of segments) {
    const name = names[segmentType];
    if (name === undefined || segmentEnd === undefined) continue;
    const value = Date.parse(segmentEnd) - Date.parse(segmentStart);
    metrics.push({ name, value, emitDate: segmentEnd });
    if (segmentType !== 'alert') handled += value;
  }
  const last = segments.at(-1);
  if (last?.segmentEnd === undefined || handled === 0) return metrics;
  return [...metrics, { name: 'tHandle', value: handled, emitDate: last.segmentEnd }];
}

/** Analytics runs the words together: transport.failure is transportFailure. */
const analyticsWord = (type: string | undefined): string =>
  (type ?? 'unknown').replaceAll(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The last thing that happened in it, after-call work included; now while it is open. */
export function lastActivity(conversation: AnalyticsConversation, now: number): number {
  if (conversation.conversationEnd === undefined) return now;
  const ends = conversation.participants
    .flatMap(({ sessions }) => sessions)
    .flatMap(({ segments }) => segments)
    .map(({ segmentEnd }) => (segmentEnd === undefined ? now : Date.parse(segmentEnd)));
  return Math.max(Date.parse(conversation.conversationEnd), ...ends);
}
