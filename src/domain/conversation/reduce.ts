// The conversation reducer: what one observation changes in what is known. Pure and synchronous. Invariants: the same
// observation twice is as good as once; facts that only grow end the same in any order; untouched participants stay the
// same objects; `version` counts effective changes.
//
// What depends on order: `held` against `active` (resuming leaves no time behind, so a late copy from before a hold
// looks like its end; the next snapshot heals it), and times nobody told us, which are the times of arrival.
import type { Media, Observation, ParticipantFacts } from '../observation.ts';
import { claimedState, isOlderVersion, refuseClaim } from './claim.ts';
import type { ConversationEvent, Refusal } from './events.ts';
import { earliest, latest } from './facts.ts';
import {
  currentQueue,
  isAnyoneLive,
  isCustomer,
  isOver,
  latestEnd,
  principalMedia,
  tellsOfEverybody,
} from './lifecycle.ts';
import { reduceParticipant } from './participant.ts';
import type { Scene } from './scene.ts';
import { PARTICIPANT_LIMIT } from './state.ts';
import type { ConversationState } from './state.ts';
import { timeSpan } from './time-span.ts';

export interface Reduction {
  readonly state: ConversationState;
  readonly changed: boolean;
  readonly events: readonly ConversationEvent[];
  readonly refusals: readonly Refusal[];
}

type Participants = ConversationState['participants'];

export function reduce(state: ConversationState | undefined, observation: Observation): Reduction {
  const before = state ?? begin(observation);
  // that time has passed is no fact about anybody: what follows from it is for the promises (src/domain/sla)
  if (observation.source === 'clock') return { state: before, changed: false, events: [], refusals: [] };
  const media = mediaOf(before.media, observation);
  const told = toldOf(observation, media);
  const scene: Scene = {
    source: observation.source,
    at: observation.eventTime ?? observation.receivedAt,
    provenOld: told.some((facts) => isStale(before.participants, facts) || isOlderVersion(before.toldVersion, facts)),
    events: [],
    refusals: [],
  };
  if (state === undefined) scene.events.push({ kind: 'conversation.started', media, at: before.startedAt });
  const next: ConversationState = {
    ...(before.envelopesOnly && observation.source !== 'envelope' ? ofThePlatform(before) : before),
    media,
    ...withDirection(before, told),
    ...withPriority(before, told),
    participants: reduceParticipants(before.participants, told, scene),
    ...withToldVersion(before, told),
    ...withTranscription(before, observation, scene),
  };
  if (state !== undefined && isSame(state, next)) return unchanged(state, scene);
  const settled = settle(next, observation, scene);
  return { state: settled, changed: true, events: scene.events, refusals: scene.refusals };
}

function begin(observation: Observation): ConversationState {
  const { from, to } = timeSpan(observation);
  return {
    v: 1,
    conversationId: observation.conversationId,
    phase: 'open',
    media: observation.source === 'transcription' ? 'voice' : 'other',
    startedAt: from ?? observation.receivedAt,
    asOf: to ?? observation.receivedAt,
    version: 0,
    bornAt: observation.receivedAt,
    participants: {},
    ...(observation.source === 'envelope' ? { envelopesOnly: true } : {}),
  };
}

function ofThePlatform(state: ConversationState): ConversationState {
  const { envelopesOnly: _, ...known } = state;
  return known;
}

function mediaOf(known: Media, observation: Observation): Media {
  let media = known;
  for (const facts of observation.participants) media = principalMedia(media, facts.media);
  return media;
}

/** Snapshots and envelopes speak of whole participants, the others of one medium. */
function toldOf(observation: Observation, media: Media): readonly ParticipantFacts[] {
  const { source, participants } = observation;
  return tellsOfEverybody(source) ? participants : withoutSideSessions(observation, media);
}

/**
 * Detail events and media topics speak of one medium. Where it is not the conversation's own (the call that an agent
 * places for a callback), its end is not the participant's end: only who and where is kept.
 */
function withoutSideSessions(observation: Observation, principal: Media): readonly ParticipantFacts[] {
  return observation.participants.map((facts) => {
    if (facts.media === undefined || facts.media === principal) return facts;
    const { participantId, purpose, userId, queueId, messages } = facts;
    return { participantId, purpose, userId, queueId, messages };
  });
}

function isStale(participants: Participants, facts: ParticipantFacts): boolean {
  const known = lookUp(participants, facts.participantId);
  return known !== undefined && refuseClaim(known, facts, claimedState(known, facts)) === 'stale';
}

/** Ids come from outside: one named like a member of Object must not find it. */
const lookUp = (participants: Participants, id: string) =>
  Object.hasOwn(participants, id) ? participants[id] : undefined;

function reduceParticipants(known: Participants, told: readonly ParticipantFacts[], scene: Scene): Participants {
  let next = known;
  let room = PARTICIPANT_LIMIT - Object.keys(known).length;
  for (const facts of told) {
    const before = lookUp(next, facts.participantId);
    if (before === undefined) room -= 1;
    if (before === undefined && room < 0) {
      scene.refusals.push({ reason: 'over_limit', participantId: facts.participantId, from: null, to: null });
      continue;
    }
    const after = reduceParticipant(before, facts, scene);
    if (after === before) continue;
    if (next === known) next = { ...known };
    next[facts.participantId] = after;
  }
  return next;
}

function withToldVersion(before: ConversationState, told: readonly ParticipantFacts[]) {
  let toldVersion = before.toldVersion;
  for (const { version } of told) toldVersion = latest(toldVersion, version);
  return toldVersion === undefined ? {} : { toldVersion };
}

/** The way in which the customer came; agents' own legs point the other way. */
function withDirection(before: ConversationState, told: readonly ParticipantFacts[]) {
  if (before.direction !== undefined) return {};
  const customer = told.find((facts) => facts.direction !== undefined && isCustomer(facts.purpose ?? ''));
  return customer?.direction === undefined ? {} : { direction: customer.direction };
}

/** The most urgent that was told of any participant, so that a late copy changes nothing. */
function withPriority({ priority: known }: ConversationState, told: readonly ParticipantFacts[]) {
  let priority = known;
  for (const facts of told) priority = latest(priority, facts.priority);
  return priority === undefined ? {} : { priority };
}

function withTranscription(before: ConversationState, observation: Observation, scene: Scene) {
  const told = observation.transcription;
  if (told === undefined) return {};
  const known = before.transcription;
  const lastUtteranceAt = latest(known?.lastUtteranceAt, told.lastUtteranceAt);
  const ended = told.ended || known?.ended === true;
  if (known !== undefined && lastUtteranceAt === known.lastUtteranceAt && ended === known.ended) return {};
  if (ended && known?.ended !== true) scene.events.push({ kind: 'transcription.ended', at: scene.at });
  return { transcription: lastUtteranceAt === undefined ? { ended } : { lastUtteranceAt, ended } };
}

const isSame = (before: ConversationState, next: ConversationState): boolean =>
  next.participants === before.participants &&
  next.transcription === before.transcription &&
  next.media === before.media &&
  next.priority === before.priority &&
  next.direction === before.direction;

function unchanged(state: ConversationState, scene: Scene): Reduction {
  const duplicate: Refusal = { reason: 'duplicate', participantId: null, from: null, to: null };
  const refusals = scene.refusals.length > 0 ? scene.refusals : [duplicate];
  return { state, changed: false, events: scene.events, refusals };
}

/** What follows from an effective change: times, queue, phase, version. */
function settle(next: ConversationState, observation: Observation, scene: Scene): ConversationState {
  const { from, to } = timeSpan(observation);
  const phase = nextPhase(next, scene);
  const { endedAt: _, ...rest } = next;
  const queueId = currentQueue(next.participants);
  const settled = {
    ...rest,
    phase,
    ...(queueId === undefined ? {} : { queueId }),
    startedAt: earliest(next.startedAt, from) ?? next.startedAt,
    asOf: latest(next.asOf, to) ?? next.asOf,
    version: next.version + 1,
    ...(phase === 'ended' ? { endedAt: latestEnd(next.participants) } : {}),
  };
  if (phase === next.phase) return settled;
  if (phase === 'ended') scene.events.push({ kind: 'conversation.ended', at: settled.endedAt ?? scene.at });
  else scene.events.push({ kind: 'conversation.reopened', at: scene.at });
  return settled;
}

/** An ended conversation is reopened only by somebody live whom we did not know, in an observation not proven old. */
function nextPhase(next: ConversationState, scene: Scene): ConversationState['phase'] {
  if (next.phase === 'open') return isOver(next.participants, scene.source) ? 'ended' : 'open';
  return isAnyoneLive(next.participants) && !scene.provenOld ? 'open' : 'ended';
}
