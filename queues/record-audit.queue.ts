// "This came of an enrichment": told to the audit. Ids, a hash and an outcome, never a value.
import { z } from 'zod';
import { defineQueue } from './define-queue.ts';

export const recordAuditQueue = defineQueue({
  name: 'record-audit',
  does: 'Leaves a record of each enrichment in the SQL store.',
  schema: z.object({
    timestamp: z.number().int().min(0),
    conversationId: z.string().min(1).max(64),
    traceId: z.string().min(1).max(128),
    success: z.boolean(),
    outcome: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/),
    latencyMs: z.number().min(0),
    payloadHash: z.string().nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  }),
  id: '<trace>-<outcome>: the table holds one row for both, so a repeat is the same job or the same row',
  retention: { completed: { age: 3600, count: 1000 }, failed: 'kept' },
});

export type AuditJob = z.output<typeof recordAuditQueue.schema>;

/** How a record is told: add it under this id, as often as needed. */
export const auditJobId = ({ traceId, outcome }: Pick<AuditJob, 'traceId' | 'outcome'>): string =>
  `${traceId}-${outcome}`;
