// Which topics to follow, from configuration, and how they spread over channels.
// Invariant: queues come first (one topic carries all of a queue's conversations; users only add what no queue sees),
// and no topic is dropped without being counted.
import { z } from 'zod';
import { Failure, Fatal } from '../runtime/errors.ts';
import type { Rest } from './rest.ts';

export interface TopicChoice {
  /** `all` that the client can see, `none`, or ids joined by commas: as configured. */
  readonly queues: string;
  readonly users: string;
}

/** The platform takes 1,000 topics a channel. */
export const TOPICS_PER_CHANNEL = 1000;
const PAGE_SIZE = 100;
/** As many ids of a kind as all 20 channels of a client could take. */
const MOST_PAGES = (20 * TOPICS_PER_CHANNEL) / PAGE_SIZE;

const page = z.object({
  entities: z.array(z.object({ id: z.string().min(1).max(100) })).max(1000).default([]),
  pageCount: z.number().int().optional(),
}); // prettier-ignore

interface Kind {
  readonly path: string;
  readonly noun: string;
  readonly setting: string;
  topic(id: string): string;
}

const queueKind: Kind = {
  path: '/routing/queues',
  noun: 'queues',
  setting: 'THROUGHLINE_GENESYS_QUEUES',
  topic: (id) => `v2.routing.queues.${id}.conversations`,
};
const userKind: Kind = {
  path: '/users',
  noun: 'users',
  setting: 'THROUGHLINE_GENESYS_USERS',
  topic: (id) => `v2.users.${id}.conversations`,
};

export async function findTopics(rest: Rest, choice: TopicChoice, signal?: AbortSignal): Promise<readonly string[]> {
  const topics = [
    ...(await topicsOf(rest, queueKind, choice.queues, signal)),
    ...(await topicsOf(rest, userKind, choice.users, signal)),
  ];
  if (topics.length > 0) return topics;
  throw new Fatal(
    'no_topics',
    'there is nothing to follow: set THROUGHLINE_GENESYS_QUEUES or THROUGHLINE_GENESYS_USERS to "all" or to ids, and ' +
      'see that the roles of the OAuth client cover the divisions of those queues and users',
  );
}

/** Topics in lots of one channel each, in the order given. */
export function planChannels(
  topics: readonly string[],
  perChannel: number = TOPICS_PER_CHANNEL,
): readonly (readonly string[])[] {
  const lots = Math.ceil(topics.length / perChannel);
  return Array.from({ length: lots }, (_, lot) => topics.slice(lot * perChannel, (lot + 1) * perChannel));
}

async function topicsOf(rest: Rest, kind: Kind, chosen: string, signal?: AbortSignal): Promise<readonly string[]> {
  if (chosen === 'none') return [];
  const ids = chosen === 'all' ? await listIds(rest, kind, signal) : chosen.split(',').map((id) => id.trim());
  return [...new Set(ids)].map((id) => kind.topic(id));
}

async function listIds(rest: Rest, kind: Kind, signal?: AbortSignal): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let pageNumber = 1; pageNumber <= MOST_PAGES; pageNumber += 1) {
    const { entities, pageCount } = await onePage(rest, kind, pageNumber, signal);
    ids.push(...entities.map((entity) => entity.id));
    if (entities.length === 0 || pageNumber >= (pageCount ?? MOST_PAGES)) break;
  }
  return ids;
}

async function onePage(
  rest: Rest,
  kind: Kind,
  pageNumber: number,
  signal?: AbortSignal,
): Promise<z.output<typeof page>> {
  try {
    const query = { pageSize: PAGE_SIZE, pageNumber };
    return await rest.call({ method: 'GET', path: kind.path, query, answer: page, ...(signal && { signal }) });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'missing_permission') throw error;
    throw new Fatal(
      'missing_permission',
      `cannot list ${kind.noun}: ${error.message}; or set ${kind.setting} to ids or "none"`,
    );
  }
}
