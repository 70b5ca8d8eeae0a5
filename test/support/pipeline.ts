// A real pipeline on real Redis with the smallest possible stage: each event `{k, n}` adds n to its key's list and puts
// it out. Every test has its own key prefix, so nothing is shared.
import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { inject } from 'vitest';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { appenderFor, type Appender } from '../../src/partitions/append.ts';
import { startPartitionWorker, type PartitionWorker } from '../../src/partitions/partition-worker.ts';
import type { PartitionHandler, Receiver, RelayedOutput } from '../../src/runtime/partition-handler.ts';
import { listenToDoorbell, wakerFor, type Waker } from '../../src/partitions/wake.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { dailyQuota } from '../../src/runtime/dead-letter-quota.ts';
import { deadLettersTo } from '../../src/runtime/dead-letters.ts';
import { Poison } from '../../src/runtime/errors.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import type { OnStep } from '../../src/runtime/steps.ts';
import { connectRedis, redisOptions } from '../../src/stores/redis/connect.ts';
import { keysFor, type Keys } from '../../src/stores/redis/keys.ts';

export const TEST_KEY = Buffer.alloc(32, 7).toString('base64');

interface Numbered {
  readonly k: string;
  readonly n: number;
}

/** Remembers every number of a key in the order applied; `n: -1` is poison, `kill` is called for `n: -2`, `n: -3` is
 * an unknown topic, of which three are kept. */
export const listHandler = (
  kill: () => never = () => raise('nothing kills here'),
): PartitionHandler<Numbered, number[]> => ({
  name: 'list',
  decode: ({ raw }) => {
    const event = JSON.parse(raw) as Numbered;
    if (event.n === -1) throw new Poison('bad_number', 'n must not be -1');
    if (event.n === -3) return { kind: 'set-aside', why: { code: 'unknown_topic', message: 'nobody reads it' } };
    return { kind: 'apply', key: event.k, event };
  },
  parseState: (json) => JSON.parse(json) as number[],
  apply: (state, { k, n }) => {
    if (n === -2) kill();
    return {
      state: [...(state ?? []), n],
      changed: true,
      ttlMs: 60_000,
      liveSince: 1,
      outputs: [{ sink: 'out', receivedAt: 1, payload: { k, n } }],
      counters: [['n:moves', 1]],
    };
  },
});

const raise = (message: string): never => {
  throw new Error(message);
};

/** Remembers what it took, in memory; drops repeats by number, as a real receiver must. */
export class MemoryReceiver implements Receiver {
  readonly taken: string[] = [];
  readonly offered: number[] = [];
  private readonly last = new Map<number, number>();

  async accept(partition: number, outputs: readonly RelayedOutput[]): Promise<void> {
    for (const { number, payload } of outputs) {
      this.offered.push(number);
      if (number <= (this.last.get(partition) ?? 0)) continue;
      this.last.set(partition, number);
      this.taken.push(payload);
    }
  }
}

export interface Rig {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly appender: Appender;
  readonly waker: Waker;
  readonly wakeQueue: Queue;
  readonly deadQueue: Queue;
  readonly receiver: MemoryReceiver;
  readonly metrics: ReturnType<typeof createMetrics>;
  startWorker(handler?: PartitionHandler<Numbered, number[]>): Promise<PartitionWorker>;
  stateOf(key: string, partition?: number): Promise<number[] | undefined>;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly partitions?: number;
  readonly poisonRunLimit?: number;
  readonly lingerMs?: number;
  readonly onStep?: OnStep;
  /** In place of the real waker: for controls. */
  readonly wakerFor?: (queue: Queue) => Waker;
}

export async function pipelineRig(options: RigOptions = {}): Promise<Rig> {
  const { partitions = 1, poisonRunLimit = 100, lingerMs = 100 } = options;
  const url = inject('redisUrl');
  const keys = keysFor(`t-${randomUUID().slice(0, 8)}`);
  const ignore = (): void => undefined;
  const redis = connectRedis(url, 'request', ignore);
  const connection = redisOptions(url, 'worker');
  const wakeQueue = openQueue(partitionsQueue, connection, keys, ignore);
  const deadQueue = openQueue(deadLettersQueue, connection, keys, ignore);
  const waker = (options.wakerFor ?? wakerFor)(wakeQueue);
  const metrics = createMetrics();
  const receiver = new MemoryReceiver();
  const closing: (() => Promise<unknown>)[] = [];

  const startWorker = async (handler = listHandler()): Promise<PartitionWorker> => {
    const subscriber = connectRedis(url, 'subscriber', ignore);
    const doorbell = await listenToDoorbell(subscriber, keys.doorbell);
    const worker = startPartitionWorker({
      redis,
      keys,
      partitions,
      handler,
      doorbell,
      waker,
      onStep: options.onStep,
      metrics,
      connection,
      queueName: partitionsQueue.name,
      receivers: { out: receiver },
      deadLetters: deadLettersTo({
        queue: deadQueue,
        seal: sealWith(TEST_KEY),
        unknownTopics: dailyQuota(redis, keys.unknownTopics, 3),
      }),
      log: createLogger({
        level: 'silent',
        role: 'test',
      }),
      clock: systemClock,
      limits: {
        yieldMs: 5e3,
        lingerMs,
        poisonRunLimit,
      },
    });
    await worker.ready;
    closing.unshift(async () => {
      await worker.stop();
      subscriber.disconnect();
    });
    return worker;
  };
  return {
    redis,
    keys,
    waker,
    wakeQueue,
    deadQueue,
    receiver,
    metrics,
    startWorker,
    appender: appenderFor({
      redis,
      keys,
      partitions,
      waker,
    }),
    stateOf: async (key, partition = 0) => {
      const json = await redis.get(keys.partition(partition).state(key));
      return json === null ? undefined : (JSON.parse(json) as number[]);
    },
    close: async () => {
      for (const close of closing) await close();
      await Promise.all([wakeQueue.close(), deadQueue.close()]);
      const left = await redis.keys(`${keys.presenceIndex.split(':')[0]}:*`);
      if (left.length > 0) await redis.del(...left);
      redis.disconnect();
    },
  };
}

export const numbered = (k: string, n: number) => ({ key: k, raw: JSON.stringify({ k, n }), receivedAt: 1 });
