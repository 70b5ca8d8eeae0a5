// A deployment as the API finds it: a real Redis filled with the keys that ingester, workers and CRM sender write.
// Invariant: the same seed makes the same deployment; nothing is shared between prefixes.
import { randomUUID } from 'node:crypto';
import { Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ServedQueue } from '../../../src/api/needs.ts';
import type { StreamFacts } from '../../../src/genesys/stream-facts.ts';
import { connectRedis, redisOptions } from '../../../src/stores/redis/connect.ts';
import { keysFor, type Keys } from '../../../src/stores/redis/keys.ts';
import { fillGaps } from './sample-gaps.ts';
import { present, sampleProcesses, sampleStream } from './sample-processes.ts';
import { fillWebhooks } from './sample-webhooks.ts';
import { PARTITIONS, sampleConversations, seededRandom } from './sample-conversations.ts';

const ignore = (): void => undefined;

export interface SampleDeployment {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly prefix: string;
  readonly queues: readonly ServedQueue[];
  readonly conversationIds: readonly string[];
  /** What the ingester says of its stream from the next work on. */
  stream: StreamFacts;
  /** A bit of work passes: counters grow and the processes say that they live. */
  work(now: number, events: number): Promise<void>;
  close(): Promise<void>;
}

export interface SampleOptions {
  readonly redisUrl: string;
  readonly now: number;
  readonly conversations: number;
  readonly deadLetters: number;
}

export async function sampleDeployment(options: SampleOptions): Promise<SampleDeployment> {
  const { redisUrl, now, conversations } = options;
  const prefix = `t-${randomUUID().slice(0, 8)}`;
  const keys = keysFor(prefix);
  const redis = connectRedis(redisUrl, 'request', ignore);
  const queues = openQueues(redisUrl, keys);
  const random = seededRandom(7);
  const states = sampleConversations({ count: conversations, now, random });
  await fillPartitions(redis, keys, now);
  for (const { state, partition } of states) {
    await redis
      .multi()
      .set(keys.partition(partition).state(state.conversationId), JSON.stringify(state))
      .zadd(keys.partition(partition).live, state.startedAt, state.conversationId)
      .exec();
  }
  await fillCrm(redis, keys, now);
  await fillGaps(redis, keys, now);
  await fillWebhooks(redis, keys, now);
  await parkDeadLetters(redisUrl, keys, queueNamed(queues, 'dead-letters'), options);
  await queueNamed(queues, 'partitions').add('drain', { partition: 3, reason: 'append' });
  await queueNamed(queues, 'sync-crm').addBulk(
    [1, 2].map((n) => ({ name: 'send', data: { batchId: `b-${n}`, trigger: 'size' }, opts: { delay: 60_000 } })),
  );
  await queueNamed(queues, 'sla-deadlines').addBulk(
    [90, 240, 1500].map((seconds, n) => ({
      name: 'ring',
      data: { conversationId: `c-${n}`, at: now + seconds * 1000 },
      opts: { delay: seconds * 1000, jobId: `c-${n}-1` },
    })),
  );
  const processes = sampleProcesses(now);
  const deployment: SampleDeployment = {
    stream: sampleStream(now),
    redis,
    keys,
    prefix,
    queues,
    conversationIds: states.map(({ state }) => state.conversationId),
    work: async (at, events) => {
      await grow(redis, keys, events, random);
      // an API process samples these, so its record has them too: they must not be counted twice
      processes[0]?.metrics.set('throughline_partition_depth', 6, { partition: 5 });
      const stream = { ...deployment.stream, lastFrameAt: at - Math.round(random() * 400) };
      for (const process of processes) {
        const notes = process.role === 'ingester' ? { stream } : {};
        await present(redis, keys, { ...process, notes }, at, process.role === 'worker' ? events : 0, random);
      }
    },
    close: async () => {
      await Promise.all(queues.map(({ queue }) => queue.close()));
      const left = await redis.keys(`${prefix}:*`);
      if (left.length > 0) await redis.del(...left);
      redis.disconnect();
    },
  };
  return deployment;
}

function openQueues(redisUrl: string, keys: Keys): ServedQueue[] {
  const does = {
    partitions: 'Wakes a worker for a partition whose log has events.',
    'sync-crm': 'Sends a cut batch of records to the CRM under its idempotency key.',
    'sla-deadlines': 'Rings when a deadline of a conversation has come; its partition decides what that means.',
    'dead-letters': 'Keeps what was set aside; retrying one puts it back through its partition.',
  };
  return Object.entries(does).map(([name, purpose]) => {
    const queue = new Queue(name, { connection: redisOptions(redisUrl, 'worker'), prefix: keys.bull(name) });
    queue.on('error', ignore);
    return { name, does: purpose, queue };
  });
}

function queueNamed(queues: readonly ServedQueue[], name: string): Queue {
  const found = queues.find((served) => served.name === name);
  if (found === undefined) throw new Error(`no queue ${name}`);
  return found.queue;
}

async function fillPartitions(redis: Redis, keys: Keys, now: number): Promise<void> {
  for (let p = 0; p < PARTITIONS; p += 1) {
    const { meta, log, outbox } = keys.partition(p);
    const counters = { 'n:events': 4000 + p, 'n:moves': 1500 + p, 'n:refused:stale': 12, 'n:refused:illegal': 1 };
    const sla = {
      'n:sla:compliant': 40,
      'n:sla:breach': p % 5 === 0 ? 1 : 0,
      'n:sla:missing_receipt': p % 8 === 0 ? 1 : 0,
      'n:objective:messageDelivery:pending': p % 4 === 0 ? 1 : 0,
      'n:objective:messageDelivery:met': 38,
      'n:objective:messageDelivery:breach': p % 5 === 0 ? 1 : 0,
      'n:objective:messageRead:at_risk': p % 8 === 0 ? 1 : 0,
      'n:objective:messageRead:met': 21,
      'n:objective:voiceAnswer:met': 12,
    };
    const owner = { ep: 20 + p, ts: now - 400, ...(p % 3 === 0 ? { act: 1 } : {}) };
    await redis.hset(meta, { cur: `${now - 500}-0`, tries: 0, ...owner, ...counters, ...sla });
    if (p % 4 === 1) {
      for (let n = 0; n <= p; n += 1) await redis.xadd(log, `${now - 2000 + n}-0`, String(now), '{}');
      await redis.xadd(outbox, '1-0', 's', 'crm', 't', String(now), 'd', '{}');
    }
  }
}

async function fillCrm(redis: Redis, keys: Keys, now: number): Promise<void> {
  const buffer = keys.buffer('crm');
  await redis.hset(buffer.meta, { 'n:accepted': 9000, 'n:delivered': 8900, 'n:rejected': 0 });
  await redis.rpush(buffer.waiting, 'record-1', 'record-2', 'record-3');
  await redis.zadd(buffer.cut, now - 900, 'b-1', now - 400, 'b-2');
}

/** Through a real first pass, so that they wait in `failed` as real ones do. */
async function parkDeadLetters(redisUrl: string, keys: Keys, queue: Queue, options: SampleOptions): Promise<void> {
  if (options.deadLetters === 0) return;
  const connection = redisOptions(redisUrl, 'worker');
  const prefix = keys.bull('dead-letters');
  const worker = new Worker('dead-letters', () => Promise.reject(new UnrecoverableError('parked')), {
    connection,
    prefix,
  });
  const parked = new Promise<void>((resolve) => {
    let left = options.deadLetters;
    worker.on('failed', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
  for (let n = 0; n < options.deadLetters; n += 1)
    await queue.add('letter', letter(n, options.now), { jobId: `p1-${n}-0` });
  await parked;
  await worker.close();
}

const letter = (n: number, now: number) => ({
  stage: 'conversations',
  code: n % 3 === 0 ? 'missing_id' : 'not_json',
  message: n % 3 === 0 ? 'The snapshot has no conversation id.' : 'The event is not JSON.',
  eventId: `p1-${n}-0`,
  partition: 1,
  topic: 'v2.routing.queues.6f9d2c1e-0000-4000-8000-000000000001.conversations',
  receivedAt: now - 60_000,
  sizeBytes: 4096,
  sha256: 'a'.repeat(64),
  sealed: 'U0VDUkVULVBBWUxPQUQ=',
});

async function grow(redis: Redis, keys: Keys, events: number, random: () => number): Promise<void> {
  const change = redis.pipeline();
  for (let n = 0; n < events; n += 1) {
    const { meta } = keys.partition(Math.floor(random() * PARTITIONS));
    change.hincrby(meta, 'n:events', 1);
    if (random() < 0.45) change.hincrby(meta, 'n:moves', 1);
  }
  change.hincrby(keys.buffer('crm').meta, 'n:delivered', Math.round(events * 0.3));
  await change.exec();
}
