// `throughline.read.analytics`: a conversation's analytics details, read where the platform no longer has the conversation
// itself. Invariants: facts of what is over only: it claims nothing about now; of a conversation that was heard to its end
// it says nothing new but a callback's direction (snapshots do not tell when somebody joined, so it tells that only of
// who was never connected).
import { conversationDetails, type ConversationDetails, type Segment } from '../analytics/details.ts';
import { isCustomer, principalMedia } from '../../domain/conversation/lifecycle.ts';
import { earliest, latest } from '../../domain/conversation/facts.ts';
import type { Observation, ParticipantFacts } from '../../domain/observation.ts';
import { parseBody } from './fields.ts';
import { isId } from './topics.ts';
import { directionOf, disconnectTypeOf, mediaOf } from './vocabulary.ts';

type Participant = NonNullable<ConversationDetails['participants']>[number];

/** An agent handles what it did not only let ring. */
const NOT_HANDLED: ReadonlySet<string> = new Set(['alert', 'scheduled', 'dialing', 'contacting', 'delay', 'wrapup']);

export function decodeAnalytics(body: unknown, receivedAt: number): Observation {
  const details = parseBody(conversationDetails, body);
  return {
    conversationId: details.conversationId,
    source: 'analytics',
    receivedAt,
    participants: (details.participants ?? []).flatMap((person) => factsOf(person)),
  };
}

function factsOf(person: Participant): ParticipantFacts[] {
  const { participantId } = person;
  if (!isId(participantId)) return [];
  const segments = (person.sessions ?? []).flatMap((session) => session.segments ?? []);
  const talk = segments.filter(({ segmentType }) => segmentType !== 'wrapup');
  const handled = talk.filter(({ segmentType }) => !NOT_HANDLED.has(segmentType ?? ''));
  const isOver = talk.length > 0 && talk.every(({ segmentEnd }) => timeOf(segmentEnd) !== undefined);
  const media = (person.sessions ?? []).map(({ mediaType }) => mediaOf(mediaType)).filter((one) => one !== undefined);
  const connectedAt = timeAmong(handled, 'segmentStart', earliest);
  return [
    {
      participantId,
      purpose: person.purpose ?? undefined,
      userId: idOrNone(person.userId),
      queueId: idOrNone(talk.findLast(({ queueId }) => isId(queueId))?.queueId),
      externalContactId: idOrNone(person.externalContactId),
      media: media.length === 0 ? undefined : media.reduce((all, one) => principalMedia(all, one)),
      direction: directionOf(person.sessions?.[0]?.direction),
      joinedAt: connectedAt === undefined && isCustomer(person.purpose ?? '') ? timeAmong(talk, 'segmentStart', earliest) : undefined, // prettier-ignore
      connectedAt,
      ...(isOver ? endOf(talk) : {}),
      ...workOf(segments.filter(({ segmentType }) => segmentType === 'wrapup')),
    },
  ];
}

function endOf(talk: readonly Segment[]): Pick<ParticipantFacts, 'activity' | 'endedAt' | 'disconnectType'> {
  return {
    activity: 'ended',
    endedAt: timeAmong(talk, 'segmentEnd', latest),
    disconnectType: disconnectTypeOf(talk.findLast(({ disconnectType }) => disconnectType)?.disconnectType),
  };
}

function workOf(work: readonly Segment[]): Pick<ParticipantFacts, 'afterCallWork' | 'wrapUpCode' | 'wrapUpAt'> {
  const last = work.at(-1);
  if (last === undefined) return {};
  const startedAt = timeAmong(work, 'segmentStart', earliest);
  const endedAt = timeOf(last.segmentEnd);
  if (endedAt === undefined) return { afterCallWork: { phase: 'pending', startedAt } };
  const code = { wrapUpCode: idOrNone(last.wrapUpCode), wrapUpAt: endedAt };
  return { afterCallWork: { phase: 'complete', startedAt, endedAt }, ...(code.wrapUpCode === undefined ? {} : code) };
}

function timeAmong(
  segments: readonly Segment[],
  field: 'segmentStart' | 'segmentEnd',
  choose: typeof earliest,
): number | undefined {
  return segments.map((segment) => timeOf(segment[field])).reduce(choose, undefined);
}

function timeOf(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

const idOrNone = (value: string | null | undefined): string | undefined => (isId(value) ? value : undefined);
