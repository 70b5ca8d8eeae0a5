// The native path twice: the product's own worker role with everything on, sending to an emulated CRM and to a resource
// of every conversation; and the partition path of the same frames alone, its outputs going nowhere.
import { startCrmEmulator } from '../../src/emulator/crm/emulator.ts';
import { describeProblems, loadConfig } from '../../src/config/load.ts';
import type { Receiver } from '../../src/runtime/partition-handler.ts';
import { layFoundation } from '../../workers/roles/foundation.ts';
import { startWorker } from '../../workers/roles/worker.role.ts';
import { startEtagResource } from '../measure/etag-resource.ts';
import { ALL_PROMISES } from '../workloads/native.ts';
import type { Outside, Place, Subject } from './subject.ts';
import { doneWith, PARTITIONS, PREFIX, SEAL_KEY, throughline, workInto } from './throughline.ts';

export const everythingOn: Subject = {
  ...throughline,
  name: 'everything on',
  open,
  work: workAsRole,
  done: doneWith('crm', 'conversation'),
};

async function open(): Promise<Outside> {
  const crm = await startCrmEmulator({ port: 0, maxRecords: 1_000_000, maxKeys: 1_000_000 });
  const resource = await startEtagResource();
  return {
    settings: {
      THROUGHLINE_CRM_URL: `${crm.url}/records`,
      THROUGHLINE_CONVERSATION_UPDATE_TARGET: 'http',
      THROUGHLINE_CONVERSATION_UPDATE_URL: resource.url,
      THROUGHLINE_SLA_RULES: ALL_PROMISES,
    },
    taken: () => {
      const { records, repeated, outOfOrder, keyReuses } = crm.totals();
      return { records, harmed: repeated + outOfOrder + keyReuses, updates: resource.written() };
    },
    close: async () => {
      await crm.close();
      await resource.close();
    },
  };
}

async function workAsRole({ redisUrl, settings }: Place): Promise<void> {
  const loaded = loadConfig({
    REDIS_URL: redisUrl,
    THROUGHLINE_REDIS_PREFIX: PREFIX,
    THROUGHLINE_PARTITIONS: String(PARTITIONS),
    THROUGHLINE_PAYLOAD_KEY: SEAL_KEY,
    THROUGHLINE_LOG_LEVEL: 'error',
    ...settings,
  });
  if (!loaded.ok) throw new Error(describeProblems(loaded.problems));
  await startWorker(await layFoundation('worker', loaded.config), (failure) => {
    throw failure;
  });
}

const nowhere: Receiver = { accept: () => Promise.resolve() };

export const pathAlone: Subject = {
  ...throughline,
  name: 'path alone',
  work: (place) =>
    workInto(place, () =>
      Promise.resolve({ receivers: { crm: nowhere, conversation: nowhere, timers: nowhere, webhooks: nowhere } }),
    ),
  done: doneWith(),
};
