// What a run happens in: a key prefix on a Redis, an emulated CRM, and the environment that binds processes to both.
// Invariant: nothing of the machine's own settings leaks in; every run has its own prefix.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { startCrmEmulator, type CrmEmulator } from '../../src/emulator/crm/emulator.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor, type Keys } from '../../src/stores/redis/keys.ts';
import { PROMISES } from './promises.ts';

export interface World {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly partitions: number;
  readonly crm: CrmEmulator;
  /** For its processes. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly redisUrl: string;
  readonly partitions: number;
  /** Different records the CRM is to remember. */
  readonly maxRecords?: number;
  /** Where the processes reach Redis, if not where this process does (a proxy). */
  readonly redisUrlOfProcesses?: string | undefined;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { redisUrl, partitions, maxRecords = 1_000_000 } = options;
  const prefix = `run-${randomUUID().slice(0, 8)}`;
  const redis = connectRedis(redisUrl, 'request', () => undefined);
  const crm = await startCrmEmulator({ port: 0, maxRecords, maxKeys: maxRecords });
  return {
    redis,
    keys: keysFor(prefix),
    partitions,
    crm,
    environment: {
      PATH: process.env['PATH'],
      REDIS_URL: options.redisUrlOfProcesses ?? redisUrl,
      THROUGHLINE_REDIS_PREFIX: prefix,
      THROUGHLINE_PARTITIONS: String(partitions),
      THROUGHLINE_CRM_URL: `${crm.url}/records`,
      THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '500',
      THROUGHLINE_CRM_TIMEOUT_MS: '5000',
      THROUGHLINE_PAYLOAD_KEY: randomBytes(32).toString('base64'),
      // nothing may expire before it is compared
      THROUGHLINE_STATE_ENDED_TTL_MINUTES: '600',
      THROUGHLINE_SLA_RULES: PROMISES,
      THROUGHLINE_LOG_LEVEL: 'warn',
      ...options.settings,
    },
    close: async () => {
      await crm.close();
      redis.disconnect();
    },
  };
}
