// The whole chain of enrichment with its emulated remotes and the SQL store, for tests that break something of it.
import { randomUUID } from 'node:crypto';
import type { CustomerFault } from '../../src/emulator/crm/customer-faults.ts';
import { bulkTraceId } from '../../src/runtime/trace-id.ts';
import { bulkLookUps } from '../../workers/roles/look-ups.ts';
import { openQueues, type OpenQueues } from '../../workers/roles/open-queues.ts';
import { topology } from '../../workers/topology.ts';
import { attributesOf, customerOf, overwrite } from './customer-on-platform.ts';
import { eventually } from './eventually.ts';
import { startProduct, type Product } from './product.ts';
import { counted, type Database } from './warehouse-rig.ts';

export interface EnrichmentScene {
  readonly product: Product;
  readonly queues: OpenQueues;
  /** Starts conversations of so many customers who have had none yet. */
  begin(customers: number): readonly string[];
  /** Resolves when the platform holds what the CRM knows of its customer. */
  enriched(id: string, withinMs?: number): Promise<unknown>;
  isEnriched(id: string): boolean;
  /** Somebody overwrites what was put there; then it is enriched again. The trace. */
  again(id: string, run?: string): Promise<string>;
  audited(ids: readonly string[]): Promise<readonly Row[]>;
  break(fault: Partial<CustomerFault>): void;
  heal(): void;
  lookUps(outcome: string, freshness?: string): Promise<number>;
  /** Requests for customers that did not go well. */
  failures(): Promise<number>;
  close(): Promise<void>;
}

export interface Row {
  readonly conversation_id: string;
  readonly trace_id: string;
  readonly success: boolean;
  readonly outcome: string;
}

export interface SceneOptions {
  readonly database: Database;
  readonly seed: number;
  readonly workers: number;
  readonly env: Readonly<Record<string, string>>;
}

export async function enrichmentScene({ database, seed, workers, env }: SceneOptions): Promise<EnrichmentScene> {
  const product = await startProduct({
    seed,
    // nobody hangs up before the test is done
    speed: 1,
    env: { DATABASE_URL: database.url, THROUGHLINE_ENRICHMENT: 'on', ...env },
    rules: { targets: { isVip: 'custom' } },
  });
  const { base, platform, crm } = product;
  const queues = openQueues(base);
  const enrich = bulkLookUps({ base, path: topology(base.config, base.metrics), queues });
  for (let n = 0; n < workers; n += 1) await product.start('worker');
  await product.start('ingester');
  await eventually('stream connected', () => platform.status().sockets, (open) => open > 0); // prettier-ignore
  const isEnriched = (id: string): boolean => {
    const { accountId } = attributesOf(product, id);
    return accountId !== undefined && accountId === customerOf(product, id)?.accountId;
  };
  const total = (name: string, labels: Record<string, string>) => counted(base.metrics, name, labels);
  return {
    product,
    queues,
    begin: beginnerOf(product),
    isEnriched,
    enriched: (id, withinMs = 30_000) => eventually('it is enriched', () => isEnriched(id), (is) => is, withinMs), // prettier-ignore
    again: async (id, run = randomUUID()) => {
      if (isEnriched(id)) await overwrite(product, id, 'accountId');
      await enrich(run, [id]);
      return bulkTraceId(run, id);
    },
    audited: (ids) => database.rows<Row & { [column: string]: unknown }>('select conversation_id, trace_id, success, outcome from throughline.enrichment_audit where conversation_id = any($1)', [ids]), // prettier-ignore
    break: (fault) => void crm.customers.faults.add({ status: 200, answer: 'truth', every: 1, delayMs: 0, times: 1_000_000, ...fault }), // prettier-ignore
    heal: () => crm.customers.faults.clear(),
    lookUps: (outcome, freshness = '') => total('throughline_enrichment_lookups_total', { outcome, freshness }),
    failures: async () => {
      const remote = { remote: 'crm-lookup' };
      const all = await total('throughline_remote_requests_total', remote);
      return all - (await total('throughline_remote_requests_total', { ...remote, outcome: 'ok' }));
    },
    close: async () => {
      await queues.close();
      await product.close();
    },
  };
}

/** Whose customer has had a conversation already is left to itself. */
function beginnerOf(product: Product): EnrichmentScene['begin'] {
  const seen = new Set<string | undefined>();
  return (customers) => {
    const ids: string[] = [];
    while (ids.length < customers) {
      const [id = ''] = product.platform.driver.start(1, 'email');
      const contact = customerOf(product, id)?.externalContactId;
      if (!seen.has(contact)) ids.push(id);
      seen.add(contact);
    }
    return ids;
  };
}
