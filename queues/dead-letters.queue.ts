// What could not be applied or delivered, with the evidence to judge it and, sealed, what is needed to replay it.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const deadLetterSchema = z.object({
  stage: z.string().max(64),
  code: z.string().max(64),
  /** Says what is wrong; never quotes the payload. */
  message: z.string().max(500),
  eventId: z.string().max(128),
  partition: z.number().int().min(0).optional(),
  conversationId: z.string().max(64).optional(),
  topic: z.string().max(256).optional(),
  receivedAt: z.number().int(),
  sizeBytes: z.number().int(),
  sha256: z.string().length(64),
  /** AES-256-GCM, base64; absent where the content was too large to keep. */
  sealed: z.string().optional(),
  /** Set by the first pass: the job then waits in `failed` for a person. */
  parkedAt: z.number().int().optional(),
});

export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const deadLettersQueue = defineQueue({
  name: 'dead-letters',
  does: 'Keeps what was set aside; retrying one puts it back through its partition.',
  schema: deadLetterSchema,
  id: 'p<partition>-<log entry>-<index> for events, <batch>-<record> for records: the same failure is one letter',
  retention: { completed: { age: 86_400, count: 10_000 }, failed: 'kept' },
});
