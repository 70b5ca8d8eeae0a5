// Where records go and how they are batched.
import { entry, httpUrl, integer, text } from './entry.ts';

export const crmEntries = {
  crmUrl: entry({
    env: 'THROUGHLINE_CRM_URL',
    group: 'CRM',
    schema: httpUrl(),
    description: 'Where batches are sent; the mapping’s path comes after it. Unset: the emulated CRM.',
    example: 'https://crm.example.com/records',
  }),
  crmMapping: entry({
    env: 'THROUGHLINE_CRM_MAPPING',
    group: 'CRM',
    schema: text(),
    description:
      'JSON file that says how records reach this CRM (mappings/README.md). Unset: POST {"records": [...]} with an Idempotency-Key.',
    example: 'mappings/salesforce.json',
  }),
  crmToken: entry({
    env: 'THROUGHLINE_CRM_TOKEN',
    group: 'CRM',
    schema: text(),
    description: 'Bearer token sent with each batch.',
    example: '(from the CRM)',
    secret: true,
  }),
  crmClientId: entry({
    env: 'THROUGHLINE_CRM_CLIENT_ID',
    group: 'CRM',
    schema: text(),
    description: 'Client id (OAuth 2) or user name (basic) where the mapping’s "auth" asks for one.',
    example: '(from the CRM)',
  }),
  crmClientSecret: entry({
    env: 'THROUGHLINE_CRM_CLIENT_SECRET',
    group: 'CRM',
    schema: text(),
    description: 'Client secret (OAuth 2) or password (basic) that goes with THROUGHLINE_CRM_CLIENT_ID.',
    example: '(from the CRM)',
    secret: true,
  }),
  crmTimeoutMs: entry({
    env: 'THROUGHLINE_CRM_TIMEOUT_MS',
    group: 'CRM',
    schema: integer(100, 120_000),
    default: '30000',
    description: 'Longest wait for the CRM’s answer to a batch.',
    example: '30000',
  }),
  crmBatchMaxRecords: entry({
    env: 'THROUGHLINE_CRM_BATCH_MAX_RECORDS',
    group: 'CRM',
    schema: integer(1, 10_000),
    default: '50',
    description: 'Records in a batch at most; a full batch is sent at once.',
    example: '50',
  }),
  crmBatchMaxBytes: entry({
    env: 'THROUGHLINE_CRM_BATCH_MAX_BYTES',
    group: 'CRM',
    schema: integer(1024, 67_108_864),
    default: '1048576',
    description: 'Bytes in a batch at most; a batch that reaches them is sent at once.',
    example: '1048576',
  }),
  crmFlushIntervalMs: entry({
    env: 'THROUGHLINE_CRM_FLUSH_INTERVAL_MS',
    group: 'CRM',
    schema: integer(100, 600_000),
    default: '10000',
    description: 'Longest time a record waits for its batch to fill.',
    example: '10000',
  }),
} as const;
