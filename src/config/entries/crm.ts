// Where records go and how they are batched.
import { entry, httpUrl, integer, text } from './entry.ts';

export const crmEntries = {
  crmUrl: entry({
    env: 'THROUGHLINE_CRM_URL',
    group: 'CRM',
    schema: httpUrl(),
    description: 'Where batches are posted. Unset: the emulated CRM.',
    example: 'https://crm.example.com/records',
  }),
  crmToken: entry({
    env: 'THROUGHLINE_CRM_TOKEN',
    group: 'CRM',
    schema: text(),
    description: 'Bearer token sent with each batch.',
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
