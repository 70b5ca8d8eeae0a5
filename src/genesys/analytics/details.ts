// Conversation details of analytics, as far as they are read here. Invariant: unknown keys are left out, every size is
// bounded, and what lacks its id is not a conversation.
import { z } from 'zod';

const text = z.string().max(200).nullish();

const segment = z.object({
  segmentType: text,
  segmentStart: text,
  segmentEnd: text,
  disconnectType: text,
  queueId: text,
  wrapUpCode: text,
});

const session = z.object({
  mediaType: text,
  direction: text,
  segments: z.array(segment).max(5000).nullish(),
});

const participant = z.object({
  participantId: text,
  purpose: text,
  userId: text,
  externalContactId: text,
  sessions: z.array(session).max(500).nullish(),
});

export const conversationDetails = z.object({
  conversationId: z.string().min(1).max(100),
  conversationStart: text,
  conversationEnd: text,
  participants: z.array(participant).max(5000).nullish(),
});

export type ConversationDetails = z.output<typeof conversationDetails>;
export type Segment = z.output<typeof segment>;
