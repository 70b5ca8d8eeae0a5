// What is asked of and answered about the audit over HTTP: shared by the routes and the command line.
import { z } from 'zod';
import { auditOutcomeSchema, auditRecordSchema } from '../../stores/warehouse/audit/audit-record.ts';
import { EXPORT_FORMATS } from '../../stores/warehouse/audit/export.ts';

export const MOST_RECORDS = 1000;

const instant = (what: string) =>
  z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-03-01T00:00:00Z' })
    .transform((text) => Date.parse(text))
    .optional()
    .describe(what);

const filter = {
  conversationId: z.string().min(1).max(64).optional().describe('Of this conversation only'),
  since: instant('From this time on'),
  until: instant('Before this time'),
  outcome: auditOutcomeSchema.optional().describe('With this outcome only'),
};

const inOrder = ({ since, until }: { since?: number | undefined; until?: number | undefined }): boolean =>
  since === undefined || until === undefined || since < until;
const disorder = { path: ['since'], error: 'must be before "until"' };

export const auditQuerySchema = z
  .object({
    ...filter,
    limit: z.coerce.number().int().min(1).max(MOST_RECORDS).default(100).describe('How many, newest first'),
    cursor: z.string().max(512).optional().describe('`nextCursor` of the page before'),
  })
  .refine(inOrder, disorder);

export const auditExportQuerySchema = z
  .object({ ...filter, format: z.enum(EXPORT_FORMATS).default('ndjson').describe('Oldest first, a line a record') })
  .refine(inOrder, disorder);

export const auditPageSchema = z.object({
  records: z.array(auditRecordSchema),
  nextCursor: z.string().nullable().describe('Null on the last page'),
});
