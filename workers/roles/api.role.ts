// The API and console: asks Redis and the queues, changes nothing but what a person retries, resumes or promotes.
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { consoleAssets } from '../../src/api/console-assets.ts';
import { startApi } from '../../src/api/server.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { resume } from '../../src/partitions/protocol.ts';
import { roomIn } from '../../src/partitions/room.ts';
import { wakerFor, type Waker } from '../../src/partitions/wake.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { topology } from '../topology.ts';
import { payloadKeyOf, required, type Foundation, type RunningRole } from './foundation.ts';
import { openInspector } from './inspector.ts';
import { bulkLookUps } from './look-ups.ts';
import { openQueues } from './open-queues.ts';
import { openWarehouse } from './warehouse.ts';

const PASSWORD_ADVICE = 'or run `throughline up`, which makes one';

export async function startApiRole(base: Foundation): Promise<RunningRole> {
  const { config, redis, keys, metrics, log } = base;
  const password = required(config.consolePassword, 'THROUGHLINE_CONSOLE_PASSWORD', PASSWORD_ADVICE);
  const queues = openQueues(base);
  const waker = wakerFor(queues.partitions);
  const warehouse = openWarehouse(base);
  const enrichment = config.enrichment === 'on' ? { base, path: topology(config, metrics), queues } : undefined;
  const inspection = enrichment && openInspector(enrichment);
  const api = await startApi({
    ...base,
    password,
    seal: sealWith(payloadKeyOf(config)),
    inspector: inspection?.inspector,
    queues: queues.all,
    // apart from the key that seals payloads, and the same on every replica
    sessionKey: createHmac('sha256', payloadKeyOf(config)).update('console sessions').digest('base64'),
    consoleDir: fileURLToPath(new URL('../../console', import.meta.url)),
    assets: consoleAssets(),
    warehouse,
    events: eventsFor(base, waker),
    enrich: enrichment && bulkLookUps(enrichment),
    resumePartition: async (partition) => {
      await resume(redis, keys.partition(partition));
      await waker.wake(partition, 'resume');
    },
  });
  log.info({ url: api.url }, 'API and console listen');
  return {
    stop: async () => {
      await api.close();
      inspection?.close();
      await queues.close();
      await warehouse?.close();
    },
  };
}

const eventsFor = (base: Foundation, waker: Waker) => ({
  appender: appenderFor({ ...base, partitions: base.config.partitions, waker }),
  room: roomIn({ ...base, partitions: base.config.partitions, logMaxEntries: base.config.partitionLogMaxEntries }),
});
