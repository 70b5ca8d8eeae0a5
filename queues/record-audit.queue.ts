// "This came of an injection": told to the audit in the SQL store. Ids, a hash and an outcome, never a value.
import { z } from 'zod';
import { auditErrorSchema, auditOutcomeSchema } from '../src/stores/warehouse/audit/audit-record.ts';
import { defineQueue } from './define-queue.ts';

/** 2020 to 2100: a stray time would make a partition of its own. */
const [EARLIEST, LATEST] = [Date.UTC(2020), Date.UTC(2100)];

export const recordAuditQueue = defineQueue({
  name: 'record-audit',
  does: 'Leaves a record of each injection in the SQL store.',
  schema: z.object({
    timestamp: z.number().int().min(EARLIEST).max(LATEST),
    conversationId: z.string().min(1).max(64),
    traceId: z.string().min(1).max(128),
    success: z.boolean(),
    outcome: auditOutcomeSchema,
    latencyMs: z.number().min(0).max(2_147_483_647),
    payloadHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
    error: auditErrorSchema.nullable(),
  }),
  id: '<trace>-<outcome>: the table holds one row for both, so a repeat is the same job or the same row',
  retention: { completed: { age: 3600, count: 1000 }, failed: 'kept' },
});

export type AuditJob = z.output<typeof recordAuditQueue.schema>;

/** How a record is told: add it under this id, as often as needed. */
export const auditJobId = ({ traceId, outcome }: Pick<AuditJob, 'traceId' | 'outcome'>): string =>
  `${traceId}-${outcome}`;

/** What a stage says of an enrichment it has settled. */
export interface Settled extends Pick<AuditJob, 'outcome' | 'success' | 'error'> {
  readonly payloadHash?: string | null;
}

export function auditOf(
  { conversationId, traceId, startedAt }: Pick<AuditJob, 'conversationId' | 'traceId'> & { readonly startedAt: number },
  { payloadHash = null, ...settled }: Settled,
  timestamp: number,
): AuditJob {
  return { timestamp, conversationId, traceId, ...settled, latencyMs: Math.max(0, timestamp - startedAt), payloadHash };
}
