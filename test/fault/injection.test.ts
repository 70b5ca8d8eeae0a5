// A worker dies between putting attributes onto a conversation and telling of it, as a real process: another finds them
// there, and the audit in the SQL store ends complete.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createCrew } from '../../bench/chaos/crew.ts';
import { openWorld, type World } from '../../bench/chaos/world.ts';
import { announceEnrichmentQueue } from '../../queues/announce-enrichment.queue.ts';
import { injectAttributesQueue } from '../../queues/inject-attributes.queue.ts';
import { recordAuditQueue } from '../../queues/record-audit.queue.ts';
import type { GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import { openQueue, type OpenableQueue } from '../../src/runtime/queues.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { eventually } from '../support/eventually.ts';
import { freshDatabase, type Database } from '../support/warehouse-rig.ts';
import { compiledCopy, PATCHES, type Build } from '../support/fault-build.ts';
import { startQuietly } from '../unit/emulator/platform-client.ts';

let build: Build;
let platform: GenesysEmulator;
beforeAll(async () => {
  build = compiledCopy();
  platform = await startQuietly({ speed: 1 });
});
afterAll(async () => {
  await platform.close();
  build.remove();
});

/** A job's lock and the look for lost ones. */
const TAKEN_UP_WITHIN_MS = 60_000;

interface Scene {
  readonly id: string;
  readonly traceId: string;
  /** Of the audit; none before there is a table for them. */
  readonly rows: () => Promise<readonly object[]>;
  readonly queues: Readonly<Record<'injections' | 'news' | 'audit', ReturnType<typeof openQueue>>>;
}

async function afterDeath(of: Build, order: string, body: (scene: Scene) => Promise<void>): Promise<void> {
  const database = await freshDatabase();
  const settings = {
    DATABASE_URL: database.url,
    THROUGHLINE_ENRICHMENT: 'on',
    THROUGHLINE_ENRICHMENT_SCHEMAS: '{}',
    THROUGHLINE_GENESYS_GATEWAY_URL: platform.url,
    THROUGHLINE_GENESYS_CLIENT_ID: EMULATOR_CLIENT.id,
    THROUGHLINE_GENESYS_CLIENT_SECRET: EMULATOR_CLIENT.secret,
    THROUGHLINE_LOG_LEVEL: 'silent',
  };
  const world = await openWorld({ redisUrl: inject('redisUrl'), partitions: 2, settings });
  const crew = createCrew({ processes: of.processes, environment: world.environment });
  const open = (queue: OpenableQueue) =>
    openQueue(queue, redisOptions(inject('redisUrl'), 'worker'), world.keys, () => undefined);
  const queues = {
    injections: open(injectAttributesQueue),
    news: open(announceEnrichmentQueue),
    audit: open(recordAuditQueue),
  };
  try {
    const victim = crew.start('role-process', 'worker', order);
    await victim.ready;
    const [id = ''] = platform.driver.start(1, 'email');
    const traceId = `trace-${id}`;
    await queues.injections.add('inject', jobFor(world, id, traceId), { jobId: traceId, attempts: 3 });
    expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(await queues.audit.getJobs()).toEqual([]);
    await crew.start('role-process', 'worker').ready;
    await body({ id, traceId, queues, rows: () => rowsIn(database) });
  } finally {
    await crew.killAll();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
    const left = await world.redis.keys(`${world.environment['THROUGHLINE_REDIS_PREFIX']}:*`);
    if (left.length > 0) await world.redis.del(...left);
    await world.close();
    await database.drop();
  }
}

const rowsIn = (database: Database): Promise<readonly object[]> =>
  database
    .rows('select trace_id, conversation_id, success, outcome, error_code from throughline.enrichment_audit')
    .catch(() => []);

function jobFor({ environment }: World, conversationId: string, traceId: string): Record<string, unknown> {
  const seal = sealWith(String(environment['THROUGHLINE_PAYLOAD_KEY']));
  const sealed = seal.seal(JSON.stringify({ values: { tier: 'gold', cases: 3 }, targets: { cases: 'custom' } }));
  return { conversationId, traceId, cause: 'start', startedAt: Date.now(), sealed };
}

describe.concurrent('SIGKILL', () => {
  it.each(['injection.sent', 'injection.announced'])('at %s: the audit ends complete', async (step) => {
    await afterDeath(build, `${step}:1`, async ({ id, traceId, queues, rows }) => {
      await eventually('the record', rows, ({ length }) => length > 0, TAKEN_UP_WITHIN_MS); // prettier-ignore
      await eventually('nothing is under way', () => queues.audit.getJobCountByTypes('wait', 'active', 'delayed'), (count) => count === 0); // prettier-ignore
      expect(await rows()).toEqual([
        { trace_id: traceId, conversation_id: id, success: true, outcome: 'injected', error_code: null },
      ]);
      expect((await queues.news.getJobs()).map((job) => job.id)).toEqual([traceId]);
      const conversation = platform.driver.find(id);
      const customer = conversation?.snapshot.participants.find(({ purpose }) => purpose === 'customer');
      expect(customer?.attributes['tier']).toBe('gold');
      // a second write would have made another version
      expect(conversation?.customAttributes.get(id)?.version).toBe(1);
    });
  });

  it('of a worker whose lost jobs nobody takes up leaves no record (control)', async () => {
    const forgetful = compiledCopy(PATCHES.withoutTakingUp);
    try {
      await afterDeath(forgetful, 'injection.sent:1', async ({ queues, rows }) => {
        await eventually('the job given up', () => queues.injections.getFailedCount(), (count) => count > 0, TAKEN_UP_WITHIN_MS); // prettier-ignore
        expect([await queues.audit.getJobs(), await rows()]).toEqual([[], []]);
      });
    } finally {
      forgetful.remove();
    }
  });
});
