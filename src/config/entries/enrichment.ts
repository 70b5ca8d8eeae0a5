// Enrichment of live conversations: when the CRM is asked of a customer, how, and for how long its answer is believed.
import { z } from 'zod';
import { ENRICHMENT_CAUSES } from '../../domain/enrichment/trigger.ts';
import { entry, httpUrl, integer, oneOf, text } from './entry.ts';

const group = 'Enrichment';
const cause = `(${ENRICHMENT_CAUSES.join('|')})`;

export const enrichmentEntries = {
  enrichment: entry({
    env: 'THROUGHLINE_ENRICHMENT',
    group,
    schema: oneOf(['on', 'off']),
    default: 'off',
    description:
      'Whether what the CRM knows of a customer is put on the conversation. `throughline up` has it on where the platform is emulated.',
    example: 'on',
  }),
  enrichmentMoves: entry({
    env: 'THROUGHLINE_ENRICHMENT_MOVES',
    group,
    schema: z
      .string()
      .regex(new RegExp(`^${cause}(,${cause})*$`), `must be of ${ENRICHMENT_CAUSES.join(', ')}, joined by commas`),
    default: 'start',
    description:
      'When the CRM is asked, each once a conversation: start (the customer is first known by an address, a contact or an attribute), or the first time an agent reaches a state.',
    example: 'start,active',
  }),
  enrichmentCrmUrl: entry({
    env: 'THROUGHLINE_ENRICHMENT_CRM_URL',
    group,
    schema: httpUrl(),
    description:
      'Where customers are looked up; the mapping’s paths come after it. It shares the CRM’s credentials (THROUGHLINE_CRM_TOKEN and the like). Unset: THROUGHLINE_CRM_URL.',
    example: 'https://crm.example.com/api',
  }),
  enrichmentMapping: entry({
    env: 'THROUGHLINE_ENRICHMENT_MAPPING',
    group,
    schema: text(),
    description:
      'JSON file that says how customers are looked up (mappings/README.md). Unset: what the emulated CRM understands.',
    example: 'mappings/lookup/default.json',
  }),
  enrichmentLookupTimeoutMs: entry({
    env: 'THROUGHLINE_ENRICHMENT_LOOKUP_TIMEOUT_MS',
    group,
    schema: integer(100, 60_000),
    default: '5000',
    description: 'Longest wait for the CRM’s answer to one request of a look-up.',
    example: '5000',
  }),
  enrichmentLookupConcurrency: entry({
    env: 'THROUGHLINE_ENRICHMENT_LOOKUP_CONCURRENCY',
    group,
    schema: integer(1, 200),
    default: '10',
    description: 'Look-ups that one worker has under way at once.',
    example: '10',
  }),
  enrichmentLookupsPerMinute: entry({
    env: 'THROUGHLINE_ENRICHMENT_LOOKUPS_PER_MINUTE',
    group,
    schema: integer(1, 1_000_000),
    default: '6000',
    description: 'Requests to the CRM in a minute that all replicas together make for look-ups.',
    example: '600',
  }),
  enrichmentCacheTtlSeconds: entry({
    env: 'THROUGHLINE_ENRICHMENT_CACHE_TTL_SECONDS',
    group,
    schema: integer(1, 86_400),
    default: '300',
    description: 'How long an answer of the CRM is believed without asking again.',
    example: '300',
  }),
  enrichmentCacheStaleSeconds: entry({
    env: 'THROUGHLINE_ENRICHMENT_CACHE_STALE_SECONDS',
    group,
    schema: integer(0, 604_800),
    default: '3600',
    description:
      'How long after that it may still be used, marked stale, while the CRM is slow or fails; 0 = not at all.',
    example: '3600',
  }),
  enrichmentCacheNegativeTtlSeconds: entry({
    env: 'THROUGHLINE_ENRICHMENT_CACHE_NEGATIVE_TTL_SECONDS',
    group,
    schema: integer(1, 86_400),
    default: '60',
    description: 'How long it is believed that the CRM does not know somebody.',
    example: '60',
  }),
  enrichmentCacheMaxEntries: entry({
    env: 'THROUGHLINE_ENRICHMENT_CACHE_MAX_ENTRIES',
    group,
    schema: integer(1, 10_000_000),
    default: '100000',
    description: 'Answers that one worker holds in memory; Redis holds them sealed besides.',
    example: '100000',
  }),
  enrichmentCacheMaxBytes: entry({
    env: 'THROUGHLINE_ENRICHMENT_CACHE_MAX_BYTES',
    group,
    schema: integer(65_536, 8_589_934_592),
    default: '67108864',
    description: 'Bytes of such answers that one worker holds in memory.',
    example: '67108864',
  }),
  enrichmentWindowMinutes: entry({
    env: 'THROUGHLINE_ENRICHMENT_WINDOW_MINUTES',
    group,
    schema: integer(1, 60),
    default: '15',
    description:
      'The rolling window, of the console, the API and its gauges, of success rate and latency of enrichment.',
    example: '5',
  }),
} as const;
