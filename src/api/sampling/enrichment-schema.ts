// How enrichment does: part of the overview, and what `GET /api/v1/enrichment` gives. Invariant: bounded, counts and names
// of ours only.
import { z } from 'zod';

const count = (description: string) => z.number().int().min(0).describe(description);
const counts = (description: string) => z.record(z.string(), z.number().int().min(0)).describe(description);
const share = (description: string) => z.number().min(0).max(1).nullable().describe(description);
const milliseconds = (description: string) => z.number().min(0).describe(description);

export const enrichmentSchema = z
  .object({
    enabled: z.boolean().describe('Whether enrichment is on, as this API is configured'),
    windowSeconds: count('The window of the figures: THROUGHLINE_ENRICHMENT_WINDOW_MINUTES, since this API started'),
    succeeded: count('Enrichments whose attributes are on their conversation'),
    failed: count('Those that were given up, or of whose data nothing was valid'),
    leftOut: count('Those that had nothing to do: a customer nobody knows, a conversation that was over'),
    successRate: share('Succeeded of succeeded and failed; null where there were none'),
    latencyMs: z
      .object({
        p50: milliseconds('Median'),
        p95: milliseconds('95th percentile'),
        p99: milliseconds('99th percentile'),
      })
      .nullable()
      .describe('From what began an enrichment to its injection, of those that succeeded; null where none did'),
    outcomes: counts('All of them by outcome'),
    cache: z.object({
      hitRate: share('Questions of look-ups answered without asking the CRM; null where there were none'),
      answers: counts('Questions by how they were answered: see throughline_lookup_cache_total'),
    }),
    heldBack: z
      .array(
        z.object({ queue: z.string(), forMs: milliseconds('For how much longer; null: until resumed').nullable() }),
      )
      .describe('Queues of enrichment that are paused, or wait as a remote asked for a pause'),
    breakersOpen: z.array(z.string()).describe('Remotes that failed again and again: calls to them wait'),
  })
  .describe('Enrichment of conversations within the window');

export type EnrichmentFigures = z.infer<typeof enrichmentSchema>;
