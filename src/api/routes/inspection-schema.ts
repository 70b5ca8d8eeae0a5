// What is asked and answered about the attributes of one conversation: shared by the routes and the command line.
import { z } from 'zod';
import { inspectionSchema } from '../../domain/enrichment/inspect.ts';

export const inspectionQuerySchema = z.object({
  flowId: z.uuid('must be the id of a flow').optional().describe('Instead of the flow that configuration names'),
});

export const inspectionSentSchema = z.object({
  inspection: inspectionSchema,
  traceId: z.string().describe('The injection goes by it, in its queue and in the audit'),
});
export type InspectionSent = z.infer<typeof inspectionSentSchema>;
