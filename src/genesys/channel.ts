// A notification channel over REST: made, given its topics, kept alive.
// Invariant: the id and the address of a channel open its socket to anyone, so neither is logged or put in an error.
import { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import type { Rest } from './rest.ts';

export interface Channel {
  readonly id: string;
  /** Address of its one socket. */
  readonly connectUri: string;
  /** How long it lives after each subscribing, by the platform's word. */
  readonly lifeMs: number;
}

export interface RejectedTopic {
  readonly topic: string;
  readonly reason: string;
  readonly missingPermissions: readonly string[];
}

/** What the platform states, and the least we believe: a skewed clock must not make us subscribe without end. */
const LONGEST_LIFE_MS = 24 * 3_600_000;
const SHORTEST_LIFE_MS = 5 * 60_000;

const channelAnswer = z.object({
  id: z.string().min(1).max(500),
  connectUri: z.url({ protocol: /^wss?$/ }).max(2000),
  expires: z.iso.datetime({ offset: true }).optional().catch(undefined),
}); // prettier-ignore

const shortText = (most: number) =>
  z
    .string()
    .transform((text) => text.slice(0, most))
    .nullish();
const subscriptionsAnswer = z.object({
  entities: z.array(
    z.object({
      id: z.string().max(200),
      state: shortText(50),
      rejectionReason: shortText(300),
      missingPermissions: z.array(z.string().max(200)).max(50).nullish(),
    }),
  ).max(10_000).default([]),
}); // prettier-ignore

export async function createChannel(rest: Rest, clock: Clock, signal?: AbortSignal): Promise<Channel> {
  const made = await rest.call({
    method: 'POST',
    path: '/notifications/channels',
    answer: channelAnswer,
    ...(signal && { signal }),
  });
  const stated = made.expires === undefined ? LONGEST_LIFE_MS : Date.parse(made.expires) - clock.now();
  const lifeMs = Math.min(Math.max(stated, SHORTEST_LIFE_MS), LONGEST_LIFE_MS);
  return { id: made.id, connectUri: made.connectUri, lifeMs };
}

/**
 * Makes `topics` the whole of what the channel follows, and gives it a new life of `lifeMs`.
 * One topic that may not be followed does not cost us the others: it is returned, named.
 */
export async function subscribe(
  rest: Rest,
  channel: Channel,
  topics: readonly string[],
  signal?: AbortSignal,
): Promise<readonly RejectedTopic[]> {
  const { entities } = await rest.call({
    method: 'PUT',
    path: '/notifications/channels/{channelId}/subscriptions',
    params: { channelId: channel.id },
    query: { ignoreErrors: true },
    body: topics.map((id) => ({ id })),
    answer: subscriptionsAnswer,
    ...(signal && { signal }),
  });
  const answered = new Map(entities.map((entity) => [entity.id, entity]));
  return topics.flatMap((topic) => {
    const entity = answered.get(topic);
    if (entity && entity.state !== 'Rejected') return [];
    const reason = entity ? (entity.rejectionReason ?? 'no reason given') : 'absent from the platform’s answer';
    return [{ topic, reason, missingPermissions: entity?.missingPermissions ?? [] }];
  });
}
