// The states of conversations, as the commits of the partitions have left them. Invariant: it only reads; a reading asks
// each partition once for those in flight and once for the chosen states, and never walks all conversations.
import type { Redis } from 'ioredis';
import { conversationStateSchema, type ConversationState } from '../../domain/conversation/state.ts';
import { partitionOf } from '../redis/partition-of.ts';
import type { Keys, PartitionKeys } from '../redis/keys.ts';

export type Order = 'oldest' | 'newest';

export interface ListRequest {
  readonly order: Order;
  readonly limit: number;
  /** Asked of each partition; below `limit` the list is a sample of what is oldest or newest, not the exact head. */
  readonly perPartition: number;
}

export interface ConversationStates {
  /** Undefined for one that was forgotten, or that another version has written. */
  readonly read: (conversationId: string) => Promise<ConversationState | undefined>;
  /** Of those in flight. */
  list(request: ListRequest): Promise<readonly ConversationState[]>;
  /** How many are in flight. */
  count(): Promise<number>;
  /** When the first of those in flight began, epoch ms. */
  oldestStart(): Promise<number | undefined>;
  /** Ids of those in flight that had begun by then, in lots. */
  begunBy(at: number): AsyncGenerator<readonly string[]>;
}

const LOT = 500;

interface Entry {
  readonly partition: PartitionKeys;
  readonly conversationId: string;
  readonly startedAt: number;
}

export function conversationStates(redis: Redis, keys: Keys, partitions: number): ConversationStates {
  const all = Array.from({ length: partitions }, (_, id) => keys.partition(id));
  return {
    read: async (conversationId) => {
      const partition = keys.partition(partitionOf(conversationId, partitions));
      return parseState(await redis.get(partition.state(conversationId)));
    },
    list: (request) => list(redis, all, request),
    count: async () => {
      const sizes = await Promise.all(all.map(({ live }) => redis.zcard(live)));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    oldestStart: async () => {
      const firsts = await Promise.all(all.map((partition) => liveOf(redis, partition, 'oldest', 1)));
      const starts = firsts.flat().map(({ startedAt }) => startedAt);
      return starts.length === 0 ? undefined : Math.min(...starts);
    },
    begunBy: (at) => begunBy(redis, all, at),
  };
}

async function list(redis: Redis, all: readonly PartitionKeys[], { order, limit, perPartition }: ListRequest) {
  const entries = (await Promise.all(all.map((partition) => liveOf(redis, partition, order, perPartition)))).flat();
  const sign = order === 'oldest' ? 1 : -1;
  entries.sort((a, b) => sign * (a.startedAt - b.startedAt) || a.conversationId.localeCompare(b.conversationId));
  const chosen = entries.slice(0, limit);
  const states = await Promise.all(all.map((partition) => statesOf(redis, partition, chosen)));
  const byId = new Map(states.flat().map((state) => [state.conversationId, state]));
  return chosen.map(({ conversationId }) => byId.get(conversationId)).filter((state) => state !== undefined);
}

async function liveOf(redis: Redis, partition: PartitionKeys, order: Order, most: number): Promise<Entry[]> {
  const { live } = partition;
  const flat =
    order === 'oldest'
      ? await redis.zrange(live, 0, most - 1, 'WITHSCORES')
      : await redis.zrevrange(live, 0, most - 1, 'WITHSCORES');
  const entries: Entry[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    entries.push({ partition, conversationId: flat[i] ?? '', startedAt: Number(flat[i + 1]) });
  }
  return entries;
}

async function statesOf(
  redis: Redis,
  partition: PartitionKeys,
  chosen: readonly Entry[],
): Promise<ConversationState[]> {
  const ours = chosen.filter((entry) => entry.partition === partition);
  if (ours.length === 0) return [];
  const texts = await redis.mget(ours.map(({ conversationId }) => partition.state(conversationId)));
  return texts.map(parseState).filter((state) => state !== undefined);
}

async function* begunBy(redis: Redis, all: readonly PartitionKeys[], at: number): AsyncGenerator<readonly string[]> {
  for (const { live } of all) {
    // at once: pages of a set from which conversations leave would skip others
    const ids = await redis.zrangebyscore(live, '-inf', at);
    for (let from = 0; from < ids.length; from += LOT) yield ids.slice(from, from + LOT);
  }
}

function parseState(text: string | null): ConversationState | undefined {
  try {
    return conversationStateSchema.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}
