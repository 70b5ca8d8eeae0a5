// The ceiling: bare Redis lists (RPUSH, LPOP count), the same parsing, states kept in memory and written once a batch.
// No ownership, no atomic commit, no outputs, no recovery: what dies in hand is lost. Two consumers have a list each, by
// conversation, so that order holds.
import type { Redis } from 'ioredis';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import type { Applied } from '../../src/runtime/partition-handler.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { decodeJob, jobState } from './apply-one.ts';
import { grouped, type Place, type Subject } from './subject.ts';

const BATCH = 1000;

export const bareLists = (consumers: number): Subject => ({
  name: consumers === 1 ? 'bare list, one consumer' : `bare lists, ${consumers} consumers`,
  processes: consumers,
  share: 1,
  stateKey: jobState,
  feed: async ({ redisUrl }) => {
    const redis = connectRedis(redisUrl, 'worker', () => undefined);
    return {
      append: async (events) => {
        const pipeline = redis.pipeline();
        for (const [list, own] of grouped(events, ({ key }) => partitionOf(key, consumers))) {
          pipeline.rpush(`list:${list}`, ...own.map(({ raw, receivedAt }) => `${receivedAt} ${raw}`));
        }
        await pipeline.exec();
      },
      close: async () => redis.disconnect(),
    };
  },
  work: async (place) => {
    const redis = connectRedis(place.redisUrl, 'worker', () => undefined);
    // consumers take the lists in the order they come
    const list = (await redis.incr('list:consumers')) - 1;
    void consume(place, redis, `list:${list}`);
  },
});

async function consume(place: Place, redis: Redis, list: string): Promise<void> {
  const states = new Map<string, unknown>();
  for (;;) {
    const items = await redis.lpop(list, BATCH);
    if (items === null) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const touched = new Map<string, Applied<unknown>>();
    for (const item of items) applyItem(place, item, states, touched);
    const pipeline = redis.pipeline();
    for (const [key, { state, ttlMs }] of touched) pipeline.set(jobState(key), JSON.stringify(state), 'PX', ttlMs);
    await pipeline.exec();
    place.applied(items.length);
  }
}

function applyItem(
  { workload }: Place,
  item: string,
  states: Map<string, unknown>,
  touched: Map<string, Applied<unknown>>,
): void {
  const space = item.indexOf(' ');
  const job = { key: '', receivedAt: Number(item.slice(0, space)), raw: item.slice(space + 1) };
  const { key, event } = decodeJob(workload, job);
  const applied = workload.handler.apply(states.get(key), event);
  if (!applied.changed) return;
  states.set(key, applied.state);
  touched.set(key, applied);
}
