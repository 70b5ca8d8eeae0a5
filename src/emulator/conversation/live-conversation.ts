// One emulated conversation while it lives, and for a while after. Invariant: its snapshot is the whole truth of it;
// topics, REST answer and ledger are read off it and never kept beside it.
import type { RoutedMedia } from '../centre/roster.ts';
import type { NamedEntity } from '../centre/centre.ts';
import type { Communication, ConversationSnapshot, EntityReference, Participant } from './snapshot.ts';

export interface LiveConversation {
  readonly id: string;
  readonly media: RoutedMedia;
  readonly startTime: string;
  /** Set when the last participant has left; after-call work may still go on. */
  endTime: string | undefined;
  readonly snapshot: ConversationSnapshot;
  /** When each participant was added: REST has it, notifications do not. */
  readonly joinTimes: Map<string, string>;
  /** What detail events have told of each participant. */
  readonly told: Map<string, ToldParticipant>;
  /** How often it was told, to anybody or nobody. */
  tellings: number;
  /** What was written in messages, by id: REST has it, notifications do not. */
  readonly texts: Map<string, string>;
  /** Custom attributes records by id: REST has them, notifications do not. */
  readonly customAttributes: Map<string, CustomAttributesRecord>;
  /** Topics the latest snapshot that concerned anybody went to. */
  lastTopics: readonly string[];
  /** Changes told to at least one topic. */
  changes: number;
}

/** What detail events have told of a participant. */
export interface ToldParticipant {
  ended: boolean;
  worked: boolean;
  /** As JSON. */
  attributes: string;
  heldMs: number;
  heldSince: number | undefined;
}

export interface CustomAttributesRecord {
  readonly id: string;
  readonly version: number;
  readonly schemaId?: string | undefined;
  readonly divisions?: readonly string[] | undefined;
  readonly values: Readonly<Record<string, unknown>>;
  /** When each value was last set. */
  readonly times: Readonly<Record<string, string>>;
  readonly dateCreated: string;
  readonly dateModified: string;
}

export interface NewConversation {
  readonly id: string;
  readonly media: RoutedMedia;
  readonly startTime: string;
  readonly division: NamedEntity;
}

const reference = (path: string, id: string): EntityReference => ({ id, selfUri: `/api/v2/${path}/${id}` });

export function createConversation({ id, media, startTime, division }: NewConversation): LiveConversation {
  return {
    id,
    media,
    startTime,
    endTime: undefined,
    snapshot: {
      id,
      participants: [],
      recordingState: 'none',
      divisions: [{ division: reference('authorization/divisions', division.id), entities: [] }],
    },
    joinTimes: new Map(),
    told: new Map(),
    tellings: 0,
    texts: new Map(),
    customAttributes: new Map(),
    lastTopics: [],
    changes: 0,
  };
}

/** Notes that the conversation is now (also) a queue's. */
export function touchQueue(conversation: LiveConversation, queueId: string): void {
  const entities = conversation.snapshot.divisions[0]?.entities ?? [];
  if (!entities.some((entity) => entity.id === queueId)) entities.push(reference('routing/queues', queueId));
}

/** An emulated participant has exactly one communication. */
export function communicationOf(participant: Participant): Communication | undefined {
  const { calls, messages, emails, callbacks } = participant;
  return calls?.[0] ?? messages?.[0] ?? emails?.[0] ?? callbacks?.[0];
}

const isConcerned = (participant: Participant): boolean =>
  participant.endTime === undefined || (participant.startAcwTime !== undefined && participant.endAcwTime === undefined);

/** Topics of the queues and users the conversation concerns now, after-call work included. */
export function concernedTopics(conversation: LiveConversation): Set<string> {
  const topics = new Set<string>();
  for (const participant of conversation.snapshot.participants) {
    const { purpose, queueId, userId } = participant;
    if (purpose === 'customer' || !isConcerned(participant)) continue;
    if (queueId !== undefined) topics.add(`v2.routing.queues.${queueId}.conversations`);
    if (userId !== undefined) topics.add(`v2.users.${userId}.conversations`);
  }
  return topics;
}

/** Brings what follows from the participants up to date; called before each telling. */
export function refresh(conversation: LiveConversation, now: string): void {
  const { participants } = conversation.snapshot;
  const records = participants.some(({ calls }) => calls?.some((call) => call.recording) ?? false);
  conversation.snapshot.recordingState = records ? 'active' : 'none';
  if (conversation.endTime === undefined && participants.every(({ endTime }) => endTime !== undefined)) {
    conversation.endTime = now;
  }
}
