// Enrichment of a list through the API of a running Throughline: asked for there, and found again in its audit.
import { z } from 'zod';
import { enrichmentsResponseSchema } from '../../api/routes/enrichments.ts';
import { bulkTraceId } from '../../runtime/trace-id.ts';
import type { AskApi } from '../api-call.ts';
import type { BulkHost, Settled } from './bulk-run.ts';

/** Clocks of this machine and the workers' may differ by this. */
const CLOCK_SLACK_MS = 60_000;
const PAGE = 1000;
/** Of a busy deployment that records others meanwhile: a million records. */
const MOST_PAGES = 1000;

const pageSchema = z.object({
  records: z.array(z.object({ traceId: z.string(), success: z.boolean(), outcome: z.string(), latencyMs: z.number() })),
  nextCursor: z.string().nullable(),
});

export function apiHost(ask: AskApi, run: string): BulkHost {
  return {
    ask: async (conversationIds) => {
      await ask(
        { method: 'POST', path: '/api/v1/enrichments', body: { run, conversationIds } },
        enrichmentsResponseSchema,
      );
    },
    settled: async (waiting, since) => {
      const byTrace = new Map([...waiting].map((id) => [bulkTraceId(run, id), id]));
      const found = new Map<string, Settled>();
      const from = new Date(since - CLOCK_SLACK_MS).toISOString();
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES && found.size < waiting.size; page += 1) {
        const query = { since: from, limit: PAGE, cursor };
        const { records, nextCursor } = await ask({ method: 'GET', path: '/api/v1/audit', query }, pageSchema);
        for (const { traceId, ...settled } of records) {
          const id = byTrace.get(traceId);
          if (id !== undefined) found.set(id, settled);
        }
        if (nextCursor === null) break;
        cursor = nextCursor;
      }
      return found;
    },
  };
}
