// What is remembered of one conversation between events, as stored in Redis. Invariant: everything here is needed to
// judge the next event or to show the conversation; no names, addresses or message text in clear.
import { z } from 'zod';
import { fieldsSchema } from '../merge.ts';
import { MESSAGE_STATUSES } from '../observation.ts';
import { slaStateSchema } from '../sla/state.ts';

/** A conference holds tens; this bounds what a runaway source can make us store. */
export const PARTICIPANT_LIMIT = 500;
/** Remembered per participant, the newest: older ones have their receipts or will not get them. */
export const MESSAGE_LIMIT = 200;

export const PARTICIPANT_STATES = ['pending', 'joined', 'active', 'held', 'left', 'failed'] as const;
export type ParticipantStateName = (typeof PARTICIPANT_STATES)[number];

export const messageStateSchema = z.object({
  direction: z.enum(['inbound', 'outbound']),
  status: z.enum(MESSAGE_STATUSES),
  sentAt: z.number(),
  deliveredAt: z.number().optional(),
  readAt: z.number().optional(),
  attachments: z.number(),
});

export const participantStateSchema = z.object({
  purpose: z.string(),
  userId: z.string().optional(),
  queueId: z.string().optional(),
  /** Highest version that a source has told with it. */
  toldVersion: z.number().optional(),
  state: z.enum(PARTICIPANT_STATES),
  /** When `state` was reached, epoch ms: platform time where the platform tells it, else the time we learnt of it. */
  since: z.number(),
  joinedAt: z.number().optional(),
  connectedAt: z.number().optional(),
  /** Start of the latest hold; kept after it, so that a late copy of that hold is known to be stale. */
  heldSince: z.number().optional(),
  /** Time spent in holds that are over. */
  heldMs: z.number().optional(),
  endedAt: z.number().optional(),
  disconnectType: z.string().optional(),
  afterCallWork: z.enum(['pending', 'complete']).optional(),
  afterCallWorkStartedAt: z.number().optional(),
  afterCallWorkEndedAt: z.number().optional(),
  wrapUpCode: z.string().optional(),
  wrapUpAt: z.number().optional(),
  /** By message id; bounded, oldest out first. */
  messages: z.record(z.string(), messageStateSchema).optional(),
});

export const conversationStateSchema = z.object({
  v: z.literal(1),
  conversationId: z.string(),
  phase: z.enum(['open', 'ended']),
  media: z.enum(['voice', 'message', 'email', 'callback', 'chat', 'other']),
  direction: z.enum(['inbound', 'outbound']).optional(),
  queueId: z.string().optional(),
  /** Of the routing, the highest told: the higher, the more urgent. */
  priority: z.number().optional(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  /** Latest platform time seen in any fact; the time of arrival until there is one. */
  asOf: z.number(),
  /** When this state was begun, epoch ms of arrival: later for a conversation that was forgotten and came back. */
  bornAt: z.number(),
  /** Absent as soon as the platform has told anything of it: what only envelopes tell, only they can end. */
  envelopesOnly: z.literal(true).optional(),
  /** Highest version that a source has told of it. */
  toldVersion: z.number().optional(),
  /** Counts effective changes. */
  version: z.number(),
  participants: z.record(z.string(), participantStateSchema),
  transcription: z.object({ lastUtteranceAt: z.number().optional(), ended: z.boolean() }).optional(),
  /** Absent until something is promised. */
  sla: slaStateSchema.optional(),
  /** What the conversation's own record has been told, where an update of it is configured. */
  told: fieldsSchema.optional(),
  /** By what the customer can be found, sealed; where enrichment is on. */
  identity: z.string().optional(),
  /** Why a look-up of the customer was asked for, each cause once. */
  enrichment: z.array(z.string()).optional(),
  /** The customer's attributes as the last snapshot had them, where enrichment is on: digests of names and values. */
  shown: z.record(z.string(), z.string()).optional(),
});

export type MessageState = Readonly<z.infer<typeof messageStateSchema>>;
export type ParticipantState = Readonly<z.infer<typeof participantStateSchema>>;
export type ConversationState = Readonly<z.infer<typeof conversationStateSchema>>;
