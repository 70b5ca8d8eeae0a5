// What a webhook says of a promise to a conversation. Pure. Invariant: ids, times and names of objectives only.
import { z } from 'zod';
import type { ConversationEvent, SlaEvent } from '../conversation/events.ts';

export const slaNewsSchema = z.object({
  eventType: z.enum(['sla.at-risk', 'sla.breached', 'sla.met']),
  conversationId: z.string().max(64),
  objective: z.string().max(64),
  media: z.string().max(32),
  queueId: z.string().max(64).nullable(),
  priority: z.number().nullable(),
  dueAt: z.string().max(32),
  bySeconds: z.number().nullable(),
  /** Epoch ms. */
  at: z.number().int(),
});

export type SlaNews = z.output<typeof slaNewsSchema>;

export const isSlaEvent = (event: ConversationEvent): event is SlaEvent => 'bySeconds' in event;

export const slaNews = (conversationId: string, event: SlaEvent): SlaNews => ({
  eventType: event.kind,
  conversationId,
  objective: event.objective,
  media: event.media,
  queueId: event.queueId ?? null,
  priority: event.priority ?? null,
  dueAt: new Date(event.dueAt).toISOString(),
  bySeconds: event.bySeconds,
  at: event.at,
});
