// Enrichment of conversations that somebody names: over HTTP, through the same stage, behind those that go on by themselves,
// each answered for in the audit.
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { enrichmentsResponseSchema } from '../../src/api/routes/enrichments.ts';
import { createCentre } from '../../src/emulator/centre/centre.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { bulkTraceId } from '../../src/runtime/trace-id.ts';
import { bulkLookUps } from '../../workers/roles/look-ups.ts';
import { openQueues, type OpenQueues } from '../../workers/roles/open-queues.ts';
import { topology } from '../../workers/topology.ts';
import { callFrame } from '../support/call-frame.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';
import { apiRig, type Rig } from './api-client.ts';

let product: Product | undefined;
let queues: OpenQueues | undefined;
let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  await queues?.close();
  await product?.close();
  rig = undefined;
  queues = undefined;
  product = undefined;
});

describe('a list', () => {
  it('is looked up once a run, and what cannot be is told of each', async () => {
    // only what the list asks for: no conversation of this test starts by itself
    product = await startProduct({ env: { THROUGHLINE_ENRICHMENT: 'on', THROUGHLINE_ENRICHMENT_MOVES: 'held' } });
    const { base, config, crm } = product;
    await product.start('worker');
    queues = openQueues(base);
    const { validateAttributes, recordAudit, lookUpCustomer, partitions } = queues;
    const phone = createCentre(1).customers[0]?.phone ?? '';
    const [live, ended, unknown] = [randomUUID(), randomUUID(), randomUUID()];
    const appender = appenderFor({ ...base, partitions: config.partitions, waker: wakerFor(partitions) });
    await appender.append([callFrame(live, { phone }), callFrame(ended, { phone, end: true })]);
    await eventually('both conversations', () => product?.counted('seq'), (outputs) => (outputs ?? 0) >= 2); // prettier-ignore
    const enrich = bulkLookUps({ base, path: topology(base.config, base.metrics), queues });
    await enrich('run-1', [live, ended, unknown]);
    await enrich('run-1', [live]);
    const audited = async () => {
      const jobs = await recordAudit.getJobs(['waiting', 'completed', 'active']);
      const records = jobs.map(({ data }) => data as { conversationId: string; traceId: string; outcome: string });
      // what becomes of the live one is for the stages behind to tell
      return records.filter(({ conversationId }) => conversationId !== live);
    };
    const records = await eventually('both answers', audited, ({ length }) => length === 2);
    expect(new Map(records.map(({ traceId, outcome }) => [traceId, outcome]))).toEqual(
      new Map([[bulkTraceId('run-1', ended), 'ended'], [bulkTraceId('run-1', unknown), 'forgotten']]), // prettier-ignore
    );
    const found = () => validateAttributes.getJobs(['waiting', 'completed', 'active']);
    const [job] = await eventually('the one that is live', found, ({ length }) => length === 1);
    expect(job?.data).toMatchObject({ conversationId: live, cause: 'bulk', traceId: bulkTraceId('run-1', live) });
    expect(crm.customers.totals().lookups).toBe(1);
    expect((await lookUpCustomer.getJob(bulkTraceId('run-1', live)))?.opts.priority).toBe(10);
  });
});

describe('POST /api/v1/enrichments', () => {
  const post = (body: object) =>
    rig?.ask('/api/v1/enrichments', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }); // prettier-ignore

  it('takes each conversation once and says by what its answer is found', async () => {
    const asked: (readonly [string, readonly string[]])[] = [];
    rig = await apiRig({}, { enrich: (run, ids) => Promise.resolve(asked.push([run, ids])) });
    const answer = await post({ run: 'run-1', conversationIds: ['c-1', 'c-2', 'c-1'] });
    expect(answer?.status).toBe(202);
    expect(enrichmentsResponseSchema.parse(await answer?.json()).accepted).toEqual([
      { conversationId: 'c-1', traceId: bulkTraceId('run-1', 'c-1') },
      { conversationId: 'c-2', traceId: bulkTraceId('run-1', 'c-2') },
    ]);
    expect(asked).toEqual([['run-1', ['c-1', 'c-2']]]);
    expect((await post({ run: 'a b', conversationIds: ['c-1'] }))?.status).toBe(400);
    expect((await post({ run: 'run-1', conversationIds: [] }))?.status).toBe(400);
    const refused = await rig.askAnyone('/api/v1/enrichments', { method: 'POST', body: '{}' });
    expect(refused.status).toBe(401);
  });

  it('says so where enrichment is off', async () => {
    rig = await apiRig();
    const answer = await post({ run: 'run-1', conversationIds: ['c-1'] });
    expect(answer?.status).toBe(409);
    expect(await answer?.json()).toMatchObject({ code: 'enrichment_off', detail: expect.stringContaining('THROUGHLINE_ENRICHMENT=on') }); // prettier-ignore
  });
});
