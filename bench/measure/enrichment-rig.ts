// What an enrichment is measured in: a worker as it is run, in a process of its own, between an emulated CRM that takes its
// time and the emulated platform without a rate limit. Invariant: conversations lie in Redis as a commit left them, with a
// customer who can be found and no attribute yet, so that each enrichment is a look-up, a check and one write.
import type { Queue } from 'bullmq';
import { describeProblems, loadConfig } from '../../src/config/load.ts';
import { reduce } from '../../src/domain/conversation/reduce.ts';
import type { Customer } from '../../src/emulator/centre/centre.ts';
import { startCrmEmulator } from '../../src/emulator/crm/emulator.ts';
import { startGenesysEmulator, type GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { layFoundation, type Foundation } from '../../workers/roles/foundation.ts';
import { openQueues } from '../../workers/roles/open-queues.ts';
import { createCrew, ownProcesses } from '../chaos/crew.ts';
import { SEAL_KEY } from '../subjects/throughline.ts';
import type { PrivateRedis } from './private-redis.ts';

const SEED = 1;
export const CRM_MS = 50;
/** Of calls to the platform in a minute; the product itself is given the most that it takes. */
const NO_LIMIT = 1_000_000;
const LOOK_MS = 5;
const PATIENCE_MS = 120_000;

export interface Enriched {
  readonly outcome: string;
  readonly latencyMs: number;
}

export interface EnrichmentRig {
  readonly customers: readonly Customer[];
  /** New conversations of these customers, one each. */
  converse(customers: readonly Customer[]): Promise<readonly string[]>;
  /** Resolves when the worker has told what came of each. */
  enrich(conversationIds: readonly string[]): Promise<readonly Enriched[]>;
  /** That the CRM has been asked. */
  asked(): number;
  close(): Promise<void>;
}

export async function startEnrichmentRig(server: PrivateRedis): Promise<EnrichmentRig> {
  const platform = await startGenesysEmulator({ port: 0, seed: SEED, speed: 1, conversationsPerMinute: 0, requestsPerMinute: NO_LIMIT }); // prettier-ignore
  const crm = await startCrmEmulator({ port: 0, seed: SEED });
  crm.customers.faults.add({ status: 200, answer: 'truth', every: 1, delayMs: CRM_MS, forSeconds: 86_400 });
  const environment = settingsFor(server, platform, crm.url);
  const base = await foundationFor(environment);
  const queues = openQueues(base);
  const crew = createCrew({ processes: ownProcesses(), environment });
  if (!(await crew.start('role-process', 'worker').ready)) throw new Error('the worker ended before it worked');
  return {
    customers: platform.center.customers,
    converse: (customers) => converse(base, platform, customers),
    enrich: async (ids) => {
      const before = await queues.recordAudit.getWaitingCount();
      await ask(queues.lookUpCustomer, ids);
      return told(queues.recordAudit, before, ids.length);
    },
    asked: () => crm.customers.totals().lookups,
    close: async () => {
      await crew.killAll();
      await queues.close();
      await base.stop();
      await Promise.all([platform.close(), crm.close()]);
    },
  };
}

function settingsFor(server: PrivateRedis, platform: GenesysEmulator, crmUrl: string): Record<string, string> {
  const flow = platform.center.flows.find(({ type }) => type === 'workflow');
  return {
    REDIS_URL: server.url,
    THROUGHLINE_REDIS_PREFIX: 'bench-enrichment',
    THROUGHLINE_PAYLOAD_KEY: SEAL_KEY,
    THROUGHLINE_LOG_LEVEL: 'error',
    THROUGHLINE_GENESYS_GATEWAY_URL: platform.url,
    THROUGHLINE_GENESYS_CLIENT_ID: EMULATOR_CLIENT.id,
    THROUGHLINE_GENESYS_CLIENT_SECRET: EMULATOR_CLIENT.secret,
    THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '100000',
    THROUGHLINE_CRM_URL: `${crmUrl}/records`,
    THROUGHLINE_ENRICHMENT: 'on',
    THROUGHLINE_ENRICHMENT_CRM_URL: crmUrl,
    THROUGHLINE_ENRICHMENT_LOOKUPS_PER_MINUTE: '1000000',
    THROUGHLINE_ENRICHMENT_CACHE_TTL_SECONDS: '3600',
    THROUGHLINE_ENRICHMENT_SCHEMAS: JSON.stringify({ schemas: [{ flowId: flow?.id }] }),
    // after all is over: no snapshot ever shows here what was written
    THROUGHLINE_INJECTION_CONFIRM_SECONDS: '3600',
  };
}

async function foundationFor(environment: Readonly<Record<string, string>>): Promise<Foundation> {
  const loaded = loadConfig(environment);
  if (!loaded.ok) throw new Error(describeProblems(loaded.problems));
  return layFoundation('bench', loaded.config);
}

async function converse(
  { redis, keys, config }: Foundation,
  { driver }: GenesysEmulator,
  customers: readonly Customer[],
): Promise<readonly string[]> {
  const ids = customers.flatMap(() => driver.start(1, 'email'));
  const seal = sealWith(SEAL_KEY);
  const now = Date.now();
  for (const [n, conversationId] of ids.entries()) {
    const participantId = await customerOf(driver, conversationId);
    const participants = [{ participantId, purpose: 'customer', media: 'email', activity: 'connected' } as const];
    const { state } = reduce(undefined, { conversationId, source: 'snapshot', receivedAt: now, participants });
    const identity = seal.seal(JSON.stringify({ email: customers[n]?.email }));
    const partition = keys.partition(partitionOf(conversationId, config.partitions));
    await redis.set(partition.state(conversationId), JSON.stringify({ ...state, identity, shown: {} }));
  }
  return ids;
}

async function customerOf(driver: GenesysEmulator['driver'], conversationId: string): Promise<string> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const participants = driver.find(conversationId)?.snapshot.participants ?? [];
    const customer = participants.find(({ purpose }) => purpose === 'customer');
    if (customer !== undefined) return customer.id;
    if (performance.now() > deadline) throw new Error(`no customer came to ${conversationId}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const ask = (queue: Queue, ids: readonly string[]): Promise<unknown> =>
  queue.addBulk(
    ids.map((conversationId) => {
      const data = { conversationId, traceId: `t-${conversationId}`, cause: 'start', startedAt: Date.now() };
      return { name: 'start', data, opts: { jobId: data.traceId, attempts: 3 } };
    }),
  );

/** Records that wait for an SQL store which nobody has here: each says what came of one, and how long it took. */
async function told(audit: Queue, before: number, count: number): Promise<readonly Enriched[]> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await audit.getWaitingCount()) < before + count) {
    if (performance.now() > deadline) throw new Error(`of ${count} enrichments not all were told of in 2 minutes`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const jobs = await audit.getJobs('waiting', before, before + count - 1, true);
  return jobs.map(({ data }) => data as Enriched);
}
