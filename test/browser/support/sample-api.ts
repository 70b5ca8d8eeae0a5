// The API over a sample deployment, as a process would start it, on a free port.
import type { ApiNeeds } from '../../../src/api/needs.ts';
import { startApi, type Api } from '../../../src/api/server.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { sealWith } from '../../../src/runtime/seal.ts';
import { PARTITIONS } from './sample-conversations.ts';
import type { SampleDeployment } from './sample-deployment.ts';
import { SAMPLE_KEY } from './sample-webhooks.ts';

export const PASSWORD = 'correct horse battery';

export function apiNeeds(deployment: SampleDeployment, changes: Partial<ApiNeeds> = {}): ApiNeeds {
  return {
    config: {
      apiHost: '127.0.0.1',
      apiPort: 0,
      apiBodyLimitBytes: 4096,
      metricsScope: 'process',
      partitions: PARTITIONS,
      redisPrefix: deployment.prefix,
      eventsToken: undefined,
      ingestMaxFrameBytes: 2048,
      webhookAllow: '127.0.0.1',
      webhookPorts: '443',
      webhookTimeoutMs: 5000,
      webhookRetries: 3,
      enrichment: 'on',
      enrichmentWindowMinutes: 15,
    },
    redis: deployment.redis,
    queues: deployment.queues,
    metrics: createMetrics(),
    log: createLogger({ level: 'silent', role: 'test' }),
    version: '0.1.0',
    seal: sealWith(SAMPLE_KEY),
    password: PASSWORD,
    sessionKey: 'a key that only this test knows',
    clock: systemClock,
    consoleDir: '/nowhere',
    assets: {},
    events: {
      appender: { append: () => Promise.resolve({ deepest: 0 }) },
      room: () => Promise.resolve('free'),
    },
    resumePartition: (partition) => deployment.redis.hdel(deployment.keys.partition(partition).meta, 'paused'),
    ...changes,
  };
}

export const startSampleApi = (deployment: SampleDeployment, changes: Partial<ApiNeeds> = {}): Promise<Api> =>
  startApi(apiNeeds(deployment, changes));
