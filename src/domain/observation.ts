// What a source tells about one conversation, whatever its wire shape: the only input of the conversation reducer.
// Invariant: facts only (no moves), times in epoch milliseconds, no personal data beyond ids and routing facts but a
// customer's addresses and attributes, which no state, output or log may hold in clear.

export type Media = 'voice' | 'message' | 'email' | 'callback' | 'chat' | 'other';
export type Direction = 'inbound' | 'outbound';

/** What a participant is doing, in one vocabulary for all media and sources. */
export type Activity = 'scheduled' | 'alerting' | 'connected' | 'held' | 'ended' | 'unknown';

export const MESSAGE_STATUSES = [
  'unknown',
  'queued',
  'sent',
  'published',
  'received',
  'failed',
  'delivery-failed',
  'delivery-success',
  'read',
  'removed',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

export interface AfterCallWorkFact {
  readonly phase: 'pending' | 'complete';
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

export interface MessageFact {
  readonly messageId: string;
  readonly direction: Direction;
  readonly status: MessageStatus;
  readonly sentAt: number;
  readonly attachments: number;
  /** Told with their times; where a source tells only a status, the time is when we learnt of it. */
  readonly deliveredAt?: number | undefined;
  readonly readAt?: number | undefined;
  /** The provider's kind, as `whatsapp`: some never report that a message was read. */
  readonly channel?: string | undefined;
}

/** Partial on purpose: what a source does not say is absent, and absence never deletes what is known. */
export interface ParticipantFacts {
  readonly participantId: string;
  /** Grows with every change that the source knows of; what comes with a lower one than known is old. */
  readonly version?: number | undefined;
  readonly purpose?: string | undefined;
  readonly userId?: string | undefined;
  readonly queueId?: string | undefined;
  readonly externalContactId?: string | undefined;
  /** As the source spells them; of customers only. */
  readonly addresses?: readonly string[] | undefined;
  /** As they came, unread; of customers only. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  readonly media?: Media | undefined;
  /** Of the routing: the higher, the more urgent. */
  readonly priority?: number | undefined;
  readonly direction?: Direction | undefined;
  /** Only from sources that show the whole participant: a claim about now. Without it the facts alone speak. */
  readonly activity?: Activity | undefined;
  readonly joinedAt?: number | undefined;
  readonly connectedAt?: number | undefined;
  readonly heldSince?: number | undefined;
  readonly endedAt?: number | undefined;
  readonly disconnectType?: string | undefined;
  readonly afterCallWork?: AfterCallWorkFact | undefined;
  readonly wrapUpCode?: string | undefined;
  readonly wrapUpAt?: number | undefined;
  readonly messages?: readonly MessageFact[] | undefined;
}

export interface Observation {
  readonly conversationId: string;
  /** `clock`: our own, that the hour has reached `receivedAt`; it tells no fact. */
  readonly source: 'snapshot' | 'media-snapshot' | 'detail' | 'transcription' | 'analytics' | 'envelope' | 'clock';
  /** When the ingester received it, epoch ms. Stands in for the time of a change that carries none. */
  readonly receivedAt: number;
  /** When the platform says it happened; snapshots do not say. */
  readonly eventTime?: number | undefined;
  readonly participants: readonly ParticipantFacts[];
  readonly transcription?: { readonly lastUtteranceAt?: number | undefined; readonly ended: boolean } | undefined;
  /** Left out because they could not be fetched by anyone: they had no address. */
  readonly attachmentsDropped?: number | undefined;
}
