// Which topics to follow, from configuration. Invariant: queues come first: one topic carries all of a queue's
// conversations, users only add what no queue sees.
import { z } from 'zod';
import { Failure, Fatal } from '../runtime/errors.ts';
import type { Priority } from '../stores/rate-limit/rate-limit.ts';
import type { Rest } from './rest.ts';
import { CHANNELS_PER_CLIENT, TOPICS_PER_CHANNEL } from './topic-plan.ts';

export interface TopicChoice {
  /** `all` that the client can see, `none`, or ids joined by commas: as configured. */
  readonly queues: string;
  readonly users: string;
}

const PAGE_SIZE = 100;
/** As many ids of a kind as all channels of a client could take. */
const MOST_PAGES = (CHANNELS_PER_CLIENT * TOPICS_PER_CHANNEL) / PAGE_SIZE;

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

export interface Asking {
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
}

export async function findTopics(rest: Rest, choice: TopicChoice, asking: Asking = {}): Promise<readonly string[]> {
  const topics = [
    ...(await topicsOf(rest, queueKind, choice.queues, asking)),
    ...(await topicsOf(rest, userKind, choice.users, asking)),
  ];
  if (topics.length > 0) return topics;
  throw new Fatal(
    'no_topics',
    'there is nothing to follow: set THROUGHLINE_GENESYS_QUEUES or THROUGHLINE_GENESYS_USERS to "all" or to ids, and ' +
      'see that the roles of the OAuth client cover the divisions of those queues and users',
  );
}

/** Only a listing can tell of a new one. */
export const isListed = ({ queues, users }: TopicChoice): boolean => queues === 'all' || users === 'all';

async function topicsOf(rest: Rest, kind: Kind, chosen: string, asking: Asking): Promise<readonly string[]> {
  if (chosen === 'none') return [];
  const ids = chosen === 'all' ? await listIds(rest, kind, asking) : chosen.split(',').map((id) => id.trim());
  return [...new Set(ids)].map((id) => kind.topic(id));
}

async function listIds(rest: Rest, kind: Kind, asking: Asking): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let pageNumber = 1; pageNumber <= MOST_PAGES; pageNumber += 1) {
    const { entities, pageCount } = await onePage(rest, kind, pageNumber, asking);
    ids.push(...entities.map((entity) => entity.id));
    if (entities.length === 0 || pageNumber >= (pageCount ?? MOST_PAGES)) break;
  }
  return ids;
}

async function onePage(rest: Rest, kind: Kind, pageNumber: number, asking: Asking): Promise<z.output<typeof page>> {
  try {
    const query = { pageSize: PAGE_SIZE, pageNumber };
    return await rest.call({ method: 'GET', path: kind.path, query, answer: page, ...asking });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'missing_permission') throw error;
    throw new Fatal(
      'missing_permission',
      `cannot list ${kind.noun}: ${error.message}; or set ${kind.setting} to ids or "none"`,
    );
  }
}
