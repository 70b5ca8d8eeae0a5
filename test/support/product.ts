// The product in one test process: emulators, ingester, workers and API on real Redis, every part as its role starts it.
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/entries.ts';
import { startCrmEmulator, type CrmEmulator, type CrmEmulatorOptions } from '../../src/emulator/crm/emulator.ts';
import {
  startGenesysEmulator,
  type GenesysEmulator,
  type GenesysEmulatorOptions,
} from '../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import type { OnStep } from '../../src/runtime/steps.ts';
import { layFoundation, type Foundation, type RunningRole } from '../../workers/roles/foundation.ts';
import { startIngester } from '../../workers/roles/ingester.role.ts';
import { startWorker } from '../../workers/roles/worker.role.ts';
import { TEST_KEY } from './pipeline.ts';

export interface Product {
  readonly config: Config;
  readonly base: Foundation;
  readonly platform: GenesysEmulator;
  readonly crm: CrmEmulator;
  readonly failures: unknown[];
  start(role: 'ingester' | 'worker'): Promise<RunningRole>;
  stop(role: RunningRole): Promise<void>;
  /** Stops every started role, the last first, and starts them again. */
  restartRoles(): Promise<void>;
  /** A counter kept with the partitions, added up over all of them. */
  counted(field: string): Promise<number>;
  close(): Promise<void>;
}

export interface ProductOptions {
  readonly seed?: number;
  readonly speed?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Beside the flow, of what conversations take. */
  readonly rules?: object;
  readonly emulator?: Partial<GenesysEmulatorOptions>;
  readonly crm?: Partial<CrmEmulatorOptions>;
  /** The shared one of all tests unless given. */
  readonly redisUrl?: string;
  /** Told at every step of the path; may throw there. */
  readonly onStep?: OnStep | undefined;
}

export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const { seed = 1, speed = 500, env = {}, redisUrl = inject('redisUrl') } = options;
  const platform = await startGenesysEmulator({
    port: 0,
    seed,
    speed,
    conversationsPerMinute: 0,
    // Hurried lives: what they ask of REST in a minute is what real ones ask in hours.
    requestsPerMinute: 1_000_000,
    ...options.emulator,
  });
  const crm = await startCrmEmulator({ port: 0, seed, ...options.crm });
  const config = settled({
    REDIS_URL: redisUrl,
    THROUGHLINE_REDIS_PREFIX: `t-${randomUUID().slice(0, 8)}`,
    THROUGHLINE_GENESYS_GATEWAY_URL: platform.url,
    THROUGHLINE_GENESYS_CLIENT_ID: EMULATOR_CLIENT.id,
    THROUGHLINE_GENESYS_CLIENT_SECRET: EMULATOR_CLIENT.secret,
    THROUGHLINE_CRM_URL: `${crm.url}/records`,
    THROUGHLINE_ENRICHMENT_CRM_URL: crm.url,
    THROUGHLINE_ENRICHMENT_SCHEMAS: schemasOf(platform, options.rules),
    THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '200',
    THROUGHLINE_PAYLOAD_KEY: TEST_KEY,
    THROUGHLINE_CONSOLE_PASSWORD: 'test-password',
    THROUGHLINE_PARTITIONS: '4',
    THROUGHLINE_PARTITION_SWEEP_MS: '100',
    THROUGHLINE_LOG_LEVEL: 'silent',
    ...env,
  });
  const base = await layFoundation('test', config, { onStep: options.onStep });
  const failures: unknown[] = [];
  let running: { readonly role: 'ingester' | 'worker'; readonly started: RunningRole }[] = [];
  const onFatal = (failure: unknown): unknown => failures.push(failure);
  const start = async (role: 'ingester' | 'worker'): Promise<RunningRole> => {
    const started = role === 'worker' ? await startWorker(base, onFatal) : await startIngester(base, onFatal);
    running.push({ role, started });
    return started;
  };
  const stopAll = async (): Promise<void> => {
    for (const { started } of running.toReversed()) await started.stop();
  };
  return {
    config,
    base,
    platform,
    crm,
    failures,
    start,
    stop: async (role) => {
      running = running.filter(({ started }) => started !== role);
      await role.stop();
    },
    restartRoles: async () => {
      await stopAll();
      const roles = running.map(({ role }) => role);
      running = [];
      for (const role of roles) await start(role);
    },
    counted: (field) => counted(base, field),
    close: async () => {
      await stopAll();
      await platform.close();
      await crm.close();
      await forget(base);
      await base.stop();
    },
  };
}

function settled(env: Readonly<Record<string, string>>): Config {
  const loaded = loadConfig(env);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ variable, message }) => `${variable}: ${message}`).join('\n'));
  return loaded.config;
}

async function counted({ redis, keys, config }: Foundation, field: string): Promise<number> {
  const all = Array.from({ length: config.partitions }, (_, partition) => keys.partition(partition).meta);
  const values = await Promise.all(all.map((meta) => redis.hget(meta, field)));
  return values.reduce((sum, value) => sum + Number(value ?? 0), 0);
}

async function forget({ redis, config }: Foundation): Promise<void> {
  const left = await redis.keys(`${config.redisPrefix}:*`);
  if (left.length > 0) await redis.del(...left);
}

/** What the platform's own workflow takes in. */
function schemasOf({ center }: GenesysEmulator, rules: object = {}): string {
  const flow = center.flows.find(({ type }) => type === 'workflow');
  return JSON.stringify({ schemas: [{ flowId: flow?.id }], ...rules });
}
