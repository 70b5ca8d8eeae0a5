// Sends conversation and message records to the CRM in batches; order per record, nothing lost, nothing twice per key.
import { crmRecordSchema, type CrmRecord } from '../../src/domain/crm-record.ts';
import type { Config } from '../../src/config/entries.ts';
import type { BatchStage } from '../../src/runtime/stage.ts';
import type { CrmClient } from '../../src/sinks/crm/crm-client.ts';
import { syncCrmQueue } from '../../queues/sync-crm.queue.ts';

interface Needs {
  readonly crm: CrmClient;
}

type Settings = Pick<Config, 'crmBatchMaxRecords' | 'crmBatchMaxBytes' | 'crmFlushIntervalMs' | 'crmTimeoutMs'>;

/** 100 tries of up to a minute: a CRM that is down for an hour and a half costs nobody a record. */
const RETRY = { attempts: 100, initialMs: 500, maxMs: 60_000 };

export const syncCrmStage = (settings: Settings): BatchStage<CrmRecord, Needs> => ({
  kind: 'batch',
  name: 'sync-crm',
  does: 'Sends what changed of conversations and messages to the CRM, in batches under an idempotency key.',
  from: syncCrmQueue.name,
  to: { crm: 'the CRM' },
  retry: RETRY,
  timeoutMs: settings.crmTimeoutMs + 1000,
  concurrency: 4,
  batch: {
    maxItems: settings.crmBatchMaxRecords,
    maxBytes: settings.crmBatchMaxBytes,
    intervalMs: settings.crmFlushIntervalMs,
  },
  parse: (json) => crmRecordSchema.parse(JSON.parse(json)),
  // our own commit wrote it: it is checked once, when it is sent
  identify: (payload) => JSON.parse(payload) as CrmRecord,
  handleBatch: (records, { batchId, signal }, { crm }) => crm.sendBatch(records, batchId, signal),
});
