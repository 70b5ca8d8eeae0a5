// One line of the audit of enrichment: what came of an injection. Invariant: no value of an attribute has a place in it.
import { z } from 'zod';

const text = (longest: number) => z.string().min(1).max(longest);

export const auditErrorSchema = z.object({
  code: z
    .string()
    .max(200)
    .transform((code) => code.slice(0, 64)),
  message: z.string().transform((message) => message.slice(0, 500)),
});

/** Bounded in form, not in words: whoever injects says what can come of it. */
export const auditOutcomeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be 1 to 40 of a-z, 0-9, _ and -, beginning with a letter');

export const auditRecordSchema = z.object({
  timestamp: z.iso.datetime().describe('When the injection was settled'),
  conversationId: text(64),
  success: z.boolean(),
  latencyMs: z.number().int().min(0).describe('From the beginning of the enrichment'),
  payloadHash: z.string().nullable().describe('SHA-256 of what was sent, in hexadecimal; null when nothing was'),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  traceId: text(128),
  outcome: auditOutcomeSchema,
});

export type AuditRecord = z.output<typeof auditRecordSchema>;
