// What is asked of and answered about gaps over HTTP: shared by the routes and the command line.
import { z } from 'zod';
import { GAP_STATES, gapSchema } from '../../stores/gaps/gap.ts';

export const MOST_GAPS = 500;

const count = (description: string) => z.number().int().min(0).describe(description);

export const gapSummarySchema = z.object({
  byState: z.record(z.enum(GAP_STATES), z.number().int().min(0)).describe('Gaps kept in the ledger'),
  known: count('Conversations that gaps may have touched, over all gaps ever'),
  reconciled: count('Of those, read again since'),
  changed: count('Of those, about which something new was learnt'),
  gone: count('Of those, no longer known to the platform'),
  completeness: z.number().min(0).max(1).describe('Reconciled of known; 1 when nothing can have been missed'),
});

export const gapListQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(MOST_GAPS).default(50).describe('How many, newest first'),
});

export const gapListSchema = z.object({ summary: gapSummarySchema, gaps: z.array(gapSchema) });

export const gapIdSchema = gapSchema.shape.id;

export const gapRepairSchema = z.object({ id: gapIdSchema, state: z.enum(GAP_STATES) });

export type GapList = z.output<typeof gapListSchema>;
