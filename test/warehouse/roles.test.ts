// The audit through the roles as they start: a worker with a store writes, one without leaves the work, events go on in both.
import { afterEach, describe, expect, inject, it } from 'vitest';
import { AuditReader } from '../../src/stores/warehouse/audit/read.ts';
import { openQueues, type OpenQueues } from '../../workers/roles/open-queues.ts';
import { handOver } from '../../workers/roles/hand-over.ts';
import { topology } from '../../workers/topology.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';
import { entry, freshDatabase, type Database } from '../support/warehouse-rig.ts';

let database: Database;
let product: Product | undefined;
let queues: OpenQueues | undefined;
afterEach(async () => {
  await queues?.close();
  await product?.close();
  await database.drop();
});

async function started(databaseUrl: string | undefined): Promise<Product> {
  product = await startProduct({ env: databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl } });
  queues = openQueues(product.base);
  await product.start('worker');
  const { base } = product;
  const { audit } = handOver({ base, path: topology(base.config, base.metrics), queues });
  await audit(entry(1));
  // told again by a stage that died in between
  await audit(entry(1));
  return product;
}

const note = ({ base }: Product) => base.notes.get('warehouse')?.();

describe('a worker', () => {
  it('with a store writes each record once', async () => {
    database = await freshDatabase();
    const { base } = await started(database.url);
    const reader = new AuditReader(await database.open());
    const page = await eventually('the record is there', () => reader.page({}, 'newest', 10), ({ records }) => records.length > 0); // prettier-ignore
    expect(page.records).toMatchObject([{ traceId: 'trace-1', outcome: 'injected', success: true }]);
    expect(base.notes.get('warehouse')?.()).toMatchObject({ answers: true, ready: true });
    await eventually('nothing waits', async () => queues?.recordAudit.getJobCounts('waiting', 'active', 'delayed'), (counts) => Object.values(counts ?? { none: 1 }).every((count) => count === 0)); // prettier-ignore
  });

  it('without one leaves it for another that has one, and says so', async () => {
    database = await freshDatabase();
    const without = await started(undefined);
    expect(note(without)).toEqual({ configured: false });
    expect(await queues?.recordAudit.getWaitingCount()).toBe(1);
  });

  it('whose store cannot be reached starts, and keeps the record', async () => {
    database = await freshDatabase();
    const gone = new URL(inject('databaseUrl'));
    gone.searchParams.set('host', '/nowhere');
    const away = await started(gone.href);
    expect(note(away)).toMatchObject({ answers: false, ready: false });
    await eventually('it waits', async () => queues?.recordAudit.getJobCounts('waiting', 'active', 'failed', 'prioritized'), (counts) => counts?.['failed'] === 0 && (counts['waiting'] ?? 0) + (counts['active'] ?? 0) === 1); // prettier-ignore
  });
});
