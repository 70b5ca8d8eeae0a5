// POST /v1/events as the API's description shows it. Invariant: what is taken is judged by the envelope's own schema, which
// also reads snake_case; this one only documents.
import { z } from 'zod';
import { PARTICIPANT_EVENTS } from '../../envelopes/envelope.ts';

const time = z.union([z.iso.datetime(), z.number()]).describe('ISO 8601, or epoch milliseconds');

const messageSchema = z.object({
  id: z.string().max(64),
  body: z.string().optional().describe('Read over and kept nowhere'),
  createdTime: time.optional(),
  attachments: z
    .array(
      z.object({
        contentType: z.string().optional(),
        url: z.string().optional().describe('Without one the attachment is left out and counted'),
        fileName: z.string().optional(),
        sizeBytes: z.number().optional(),
      }),
    )
    .max(100)
    .optional(),
  transcriptSegments: z
    .array(
      z.object({
        text: z.string().optional(),
        startTime: z.union([z.number(), z.string()]).optional(),
        endTime: z.union([z.number(), z.string()]).optional().describe('Seconds from createdTime, or a time'),
        speakerId: z.string().optional(),
      }),
    )
    .max(5000)
    .optional(),
  deliveryReceipt: z.object({ deliveredTime: time.optional(), readTime: time.optional() }).optional(),
  direction: z.enum(['inbound', 'outbound']).optional(),
  status: z.string().max(64).optional().describe('The platform’s word, such as `delivery-success`'),
});

const envelopeSchema = z
  .object({
    eventType: z.string().describe(`participant:${PARTICIPANT_EVENTS.join('|')} or message:*`),
    conversationId: z.string().max(64),
    timestamp: time.optional(),
    payload: z.object({
      participantId: z.string().max(64).optional().describe('Needed for participant:*'),
      version: z.number().int().min(0).optional().describe('Of the conversation, growing'),
      messages: z.array(messageSchema).max(1000).optional(),
      purpose: z.string().max(64).optional(),
      media: z.string().max(64).optional(),
      direction: z.enum(['inbound', 'outbound']).optional(),
      userId: z.string().max(64).optional(),
      queueId: z.string().max(64).optional(),
    }),
  })
  .describe('camelCase and snake_case are both read; other fields are ignored');

export const eventsBodySchema = z
  .union([envelopeSchema, z.array(envelopeSchema)])
  .describe('One event, a list, or one a line as application/x-ndjson; at most 1,000');

export const eventsHeadersSchema = z.object({
  authorization: z.string().optional().describe('Bearer and the token of THROUGHLINE_EVENTS_TOKEN'),
  'idempotency-key': z.string().optional().describe('1 to 255 visible characters: sent again, nothing is taken twice'),
});

export const itemAnswerSchema = z.object({
  index: z.number().int(),
  status: z.enum(['accepted', 'rejected']),
  code: z.string().optional().describe('Stable name of what is wrong'),
  field: z.string().optional().describe('The first field that is wrong'),
  message: z.string().optional().describe('Every field that is wrong, and what is expected'),
});

export const eventsAnswerSchema = z.object({
  accepted: z.number().int(),
  rejected: z.number().int(),
  items: z.array(itemAnswerSchema).describe('One for each event, in their order'),
});

export type ItemAnswer = z.infer<typeof itemAnswerSchema>;
export type EventsAnswer = z.infer<typeof eventsAnswerSchema>;
