// `v2.detail.events.conversation.{id}.*`: one thing that happened to one session. Invariant: a detail event claims
// nothing about now (it may arrive after what follows it); it only brings facts, with their own times.
import { z } from 'zod';
import type { Observation, ParticipantFacts } from '../../domain/observation.ts';
import { durationMs, id, instant, optionalId, parseBody, word, wrapUpCode } from './fields.ts';
import { directionOf, disconnectTypeOf, mediaOf } from './vocabulary.ts';

const detail = z.object({
  eventTime: instant,
  conversationId: id,
  participantId: id,
  userId: optionalId,
  queueId: optionalId,
  externalContactId: optionalId,
  mediaType: word,
  direction: word,
  disconnectType: word,
  wrapupCode: wrapUpCode,
  wrapupDurationMs: durationMs,
  interactingDurationMs: durationMs,
  heldDurationMs: durationMs,
  alertingDurationMs: durationMs,
  contactingDurationMs: durationMs,
  dialingDurationMs: durationMs,
  connectedDurationMs: durationMs,
  voicemailDurationMs: durationMs,
});

type Detail = z.output<typeof detail>;
type FactsOf = (event: Detail) => Partial<ParticipantFacts>;

/** Facts by event. An event that is not here is of no use yet. */
const EVENTS: ReadonlyMap<string, FactsOf> = new Map<string, FactsOf>([
  ['customer.start', (event) => ({ purpose: 'customer', joinedAt: arrival(event) })],
  ['customer.end', (event) => ({ purpose: 'customer', ...ended(event) })],
  ['user.start', (event) => ({ purpose: userPurpose(event), joinedAt: event.eventTime })],
  ['user.end', (event) => ({ purpose: userPurpose(event), ...ended(event) })],
  ['acd.start', (event) => ({ purpose: 'acd', connectedAt: arrival(event) })],
  ['acd.end', (event) => ({ purpose: 'acd', ...ended(event) })],
  ['flow.start', (event) => ({ connectedAt: arrival(event) })],
  ['flow.end', ended],
  ['voicemail.start', (event) => ({ purpose: 'voicemail', connectedAt: arrival(event) })],
  ['voicemail.end', (event) => ({ purpose: 'voicemail', ...ended(event) })],
  ['acw', afterCallWork],
  ['wrapup', (event) => ({ wrapUpCode: event.wrapupCode ?? undefined, wrapUpAt: event.eventTime })],
  ['attributes', () => ({})],
  ['contact', () => ({})],
  ['outbound', () => ({})],
]);

/** Undefined for an event that we have no use for yet. */
export function decodeDetail(body: unknown, event: string, receivedAt: number): Observation | undefined {
  const factsOf = EVENTS.get(event);
  if (factsOf === undefined) return undefined;
  const parsed = parseBody(detail, body);
  return {
    conversationId: parsed.conversationId,
    source: 'detail',
    receivedAt,
    eventTime: parsed.eventTime,
    participants: [{ ...identity(parsed), ...factsOf(parsed) }],
  };
}

const identity = (event: Detail): ParticipantFacts => ({
  participantId: event.participantId,
  userId: event.userId ?? undefined,
  queueId: event.queueId ?? undefined,
  externalContactId: event.externalContactId ?? undefined,
  media: mediaOf(event.mediaType),
  direction: directionOf(event.direction),
});

/** A callback's session starts when it is scheduled: nobody has come yet. */
const arrival = (event: Detail): number | undefined =>
  mediaOf(event.mediaType) === 'callback' ? undefined : event.eventTime;

const userPurpose = (event: Detail): string => (event.queueId ? 'agent' : 'user');

/**
 * An end carries its durations, so the beginning can be told even if its own event was lost. A customer's leave out the
 * wait, so that beginning is too late; it gives way to any earlier one.
 */
function ended(event: Detail): Partial<ParticipantFacts> {
  const endedAt = event.eventTime;
  const talk = sum(
    event.interactingDurationMs,
    event.heldDurationMs,
    event.connectedDurationMs,
    event.voicemailDurationMs,
  );
  const approach = sum(event.alertingDurationMs, event.contactingDurationMs, event.dialingDurationMs);
  return {
    connectedAt: talk > 0 ? earlier(endedAt, talk) : undefined,
    joinedAt: approach > 0 ? earlier(endedAt, talk + approach) : undefined,
    endedAt,
    disconnectType: disconnectTypeOf(event.disconnectType),
  };
}

/** Sent when after-call work is over. */
function afterCallWork(event: Detail): Partial<ParticipantFacts> {
  const endedAt = event.eventTime;
  const startedAt = event.wrapupDurationMs ? earlier(endedAt, event.wrapupDurationMs) : undefined;
  return {
    afterCallWork: { phase: 'complete', startedAt, endedAt },
    wrapUpCode: event.wrapupCode ?? undefined,
    wrapUpAt: event.eventTime,
  };
}

const sum = (...durations: readonly (number | null | undefined)[]): number =>
  durations.reduce<number>((total, duration) => total + Math.max(0, duration ?? 0), 0);

/** Undefined for a duration that cannot be: it would begin before there was a clock, or end before it began. */
function earlier(end: number, duration: number): number | undefined {
  const begin = Math.trunc(end - duration);
  return begin > 0 && begin <= end ? begin : undefined;
}
