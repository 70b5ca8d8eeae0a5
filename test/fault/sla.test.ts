// Promises that nobody keeps, with real processes that die at every step on the way from setting a timer to the breach:
// each objective is broken once in each conversation, whoever dies when, and the CRM is told.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createCrew } from '../../bench/chaos/crew.ts';
import { openWorld, type World } from '../../bench/chaos/world.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { eventually } from '../support/eventually.ts';
import { compiledCopy, PATCHES, type Build } from '../support/fault-build.ts';

const CONVERSATIONS = 20;
const PARTITIONS = 2;
let build: Build;
beforeAll(() => {
  build = compiledCopy();
});
afterAll(() => build.remove());

const SETTINGS = {
  THROUGHLINE_PARTITION_SWEEP_MS: '150',
  THROUGHLINE_PARTITION_LINGER_MS: '50',
  THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '100',
  THROUGHLINE_LOG_LEVEL: 'silent',
  THROUGHLINE_SLA_RULES: JSON.stringify({
    rules: [
      { objective: 'messageDelivery', withinSeconds: 2 },
      { objective: 'messageRead', withinSeconds: 3 },
    ],
  }),
};

async function sendUnread({ redis, keys, environment }: World): Promise<string[]> {
  const queue = openQueue(partitionsQueue, redisOptions(String(environment['REDIS_URL']), 'worker'), keys, () => undefined); // prettier-ignore
  const ids = Array.from({ length: CONVERSATIONS }, () => randomUUID());
  const receivedAt = Date.now();
  const messageTime = new Date(receivedAt).toISOString();
  const events = ids.map((id) => {
    const messages = [{ messageId: `${id}-m`, messageTime, messageStatus: 'sent' }];
    const leg = { state: 'connected', connectedTime: messageTime, type: 'whatsapp', messages };
    const eventBody = { id, participants: [{ id: 'agent', purpose: 'agent', messages: [leg] }] };
    return {
      key: id,
      raw: JSON.stringify({ topicName: `v2.users.${randomUUID()}.conversations`, eventBody }),
      receivedAt,
    };
  });
  await appenderFor({ redis, keys, partitions: PARTITIONS, waker: wakerFor(queue) }).append(events);
  await queue.close();
  return ids;
}

async function counted({ redis, keys }: World, field: string): Promise<number> {
  const all = Array.from({ length: PARTITIONS }, (_, partition) => redis.hget(keys.partition(partition).meta, field));
  return (await Promise.all(all)).reduce((sum, value) => sum + Number(value ?? 0), 0);
}

const isBroken = ({ crm }: World, id: string): boolean => {
  const told = crm.records.find(id)?.record as { sla?: Record<string, { outcome: string }> } | undefined;
  return told?.sla?.['messageDelivery']?.outcome === 'breach' && told.sla['messageRead']?.outcome === 'breach';
};

const DEATHS = [
  ['partition.claimed', 1], ['partition.read', 1], ['partition.applied', 2], ['partition.committed', 1],
  ['partition.committed', 3], ['relay.accepted', 1], ['relay.accepted', 3], ['relay.trimmed', 2],
  ['append.logged', 1], ['append.logged', 7], ['append.woken', 3], ['batch.read', 1],
] as const; // prettier-ignore

/** A worker dies at the step's nth pass; another goes on with the same conversations. */
async function afterDeath(
  of: Build,
  order: string,
  body: (world: World, ids: readonly string[]) => Promise<void>,
): Promise<void> {
  const world = await openWorld({ redisUrl: inject('redisUrl'), partitions: PARTITIONS, settings: SETTINGS });
  const crew = createCrew({ processes: of.processes, environment: world.environment });
  try {
    const victim = crew.start('role-process', 'worker', order);
    await victim.ready;
    const ids = await sendUnread(world);
    expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
    await crew.start('role-process', 'worker').ready;
    await body(world, ids);
  } finally {
    await crew.killAll();
    const left = await world.redis.keys(`${world.environment['THROUGHLINE_REDIS_PREFIX']}:*`);
    if (left.length > 0) await world.redis.del(...left);
    await world.close();
  }
}

describe.concurrent('SIGKILL', () => {
  it.each(DEATHS)('of a worker at %s, pass %i: every promise is broken, once', async (step, nth) => {
    await afterDeath(build, `${step}:${nth}`, async (world, ids) => {
      await eventually(
        'all broken',
        () => ids.filter((id) => !isBroken(world, id)).length,
        (left) => left === 0,
        60_000,
      );
      expect(await counted(world, 'n:objective:messageDelivery:breach')).toBe(CONVERSATIONS);
      expect(await counted(world, 'n:objective:messageRead:breach')).toBe(CONVERSATIONS);
      expect(await counted(world, 'n:sla:breach')).toBe(CONVERSATIONS);
    });
  });

  it('of a worker that keeps its timers in memory loses them with it (control)', async () => {
    const forgetful = compiledCopy(PATCHES.withTimersInMemory);
    try {
      await afterDeath(forgetful, 'relay.trimmed:1', async (world) => {
        const due = Date.now() + 5000;
        await eventually(
          'every hour has come',
          () => Date.now(),
          (now) => now > due,
        );
        expect(await counted(world, 'n:objective:messageDelivery:breach')).toBeLessThan(CONVERSATIONS);
      });
    } finally {
      forgetful.remove();
    }
  });
});
