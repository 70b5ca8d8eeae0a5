// Conversations in flight, as the partitions hold them. Invariant: a reading asks each partition for its live set once
// and for the chosen states once; it never walks all conversations.
import type { Redis } from 'ioredis';
import { conversationStateSchema, type ConversationState } from '../../domain/conversation/state.ts';
import { partitionOf } from '../../partitions/partition-of.ts';
import type { Keys, PartitionKeys } from '../../stores/redis/keys.ts';

export type Order = 'oldest' | 'newest';

export const MOST_CONVERSATIONS = 200;

interface Entry {
  readonly partition: PartitionKeys;
  readonly conversationId: string;
  readonly startedAt: number;
}

export interface ListRequest {
  readonly order: Order;
  readonly limit: number;
  /** Asked of each partition; below `limit` the list is a sample of what is oldest or newest, not the exact head. */
  readonly perPartition: number;
}

export async function listConversations(
  redis: Redis,
  keys: Keys,
  partitions: number,
  request: ListRequest,
): Promise<ConversationState[]> {
  const all = Array.from({ length: partitions }, (_, id) => keys.partition(id));
  const entries = (await Promise.all(all.map((partition) => liveOf(redis, partition, request)))).flat();
  const sign = request.order === 'oldest' ? 1 : -1;
  entries.sort((a, b) => sign * (a.startedAt - b.startedAt) || a.conversationId.localeCompare(b.conversationId));
  const chosen = entries.slice(0, request.limit);
  const states = await Promise.all(all.map((partition) => statesOf(redis, partition, chosen)));
  const byId = new Map(states.flat().map((state) => [state.conversationId, state]));
  return chosen.map(({ conversationId }) => byId.get(conversationId)).filter((state) => state !== undefined);
}

async function liveOf(redis: Redis, partition: PartitionKeys, { order, perPartition }: ListRequest): Promise<Entry[]> {
  const last = perPartition - 1;
  const flat =
    order === 'oldest'
      ? await redis.zrange(partition.live, 0, last, 'WITHSCORES')
      : await redis.zrevrange(partition.live, 0, last, 'WITHSCORES');
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

export async function readConversation(
  redis: Redis,
  keys: Keys,
  partitions: number,
  conversationId: string,
): Promise<ConversationState | undefined> {
  const partition = keys.partition(partitionOf(conversationId, partitions));
  return parseState(await redis.get(partition.state(conversationId)));
}

/** Undefined for a state that has expired meanwhile, or that another version has written. */
function parseState(text: string | null): ConversationState | undefined {
  try {
    return conversationStateSchema.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}

export function countByMedia(states: readonly ConversationState[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { media } of states) counts[media] = (counts[media] ?? 0) + 1;
  return counts;
}
