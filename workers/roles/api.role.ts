// The API and console: asks Redis and the queues, changes nothing but what a person retries, resumes or promotes.
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startApi } from '../../src/api/server.ts';
import { resume } from '../../src/partitions/protocol.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { queueCatalogue } from '../../queues/catalogue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { required, type Foundation, type RunningRole } from './foundation.ts';

const PASSWORD_ADVICE = 'or run `throughline up`, which makes one';

export async function startApiRole(base: Foundation): Promise<RunningRole> {
  const { config, redis, keys, connection, metrics, log, version, clock, onRedisError } = base;
  const password = required(config.consolePassword, 'THROUGHLINE_CONSOLE_PASSWORD', PASSWORD_ADVICE);
  const key = required(config.payloadKey, 'THROUGHLINE_PAYLOAD_KEY', 'the same on every process');
  const open = queueCatalogue.map((declared) => ({
    name: declared.name,
    does: declared.does,
    queue: openQueue(declared, connection, keys, onRedisError),
  }));
  const wakeQueue = open.find(({ name }) => name === partitionsQueue.name)?.queue;
  if (wakeQueue === undefined) throw new Error('the queue catalogue has lost the partitions queue');
  const waker = wakerFor(wakeQueue);
  const api = await startApi({
    ...{ config, redis, queues: open, metrics, log, version, password, clock },
    // a new password ends every session
    sessionKey: createHmac('sha256', key).update(`console session ${password}`).digest('base64'),
    consoleDir: fileURLToPath(new URL('../../console', import.meta.url)),
    assets: { 'echarts.js': fileURLToPath(import.meta.resolve('echarts/dist/echarts.esm.min.mjs')) },
    resumePartition: async (partition) => {
      await resume(redis, keys.partition(partition));
      await waker.wake(partition, 'resume');
    },
  });
  log.info({ url: api.url }, 'API and console listen');
  return {
    stop: async () => {
      await api.close();
      await Promise.all(open.map(({ queue }) => queue.close()));
    },
  };
}
