// Isolation: after repeated deaths at one cursor each event is named before it is touched, and a proven killer is
// skipped. Invariant: nothing that merely fails (Redis away, a lost partition) is taken for a death: what must be asked
// of Redis is asked before an event is named, a failure on the way takes the name back, and who lives did not die of it.
import type { Redis } from 'ioredis';
import type { PartitionKeys } from '../stores/redis/keys.ts';
import type { LoggedEvent } from '../runtime/partition-handler.ts';
import { mark, unmark, type Ownership } from './protocol.ts';
import type { BatchWork, DecodedEvent } from './work.ts';

/** As many workers must have died of an event. */
const DEATHS_THAT_PROVE = 2;

/** Which of `events` have killed; `undecided` while it is not known of a worker that would prove one whether it lives. */
export function killersAmong(
  events: readonly Pick<LoggedEvent, 'id'>[],
  touched: ReadonlyMap<string, readonly string[]>,
  isDead: (worker: string) => boolean | undefined,
): ReadonlySet<string> | 'undecided' {
  const killers = new Set<string>();
  for (const { id } of events) {
    const fates = (touched.get(id) ?? []).map(isDead);
    if (fates.filter((dead) => dead === true).length >= DEATHS_THAT_PROVE) killers.add(id);
    else if (fates.filter((dead) => dead !== false).length >= DEATHS_THAT_PROVE) return 'undecided';
  }
  return killers;
}

interface IsolationNeeds<E, S> {
  readonly redis: Redis;
  readonly keys: PartitionKeys;
  readonly owner: Ownership;
  readonly killers: ReadonlySet<string>;
  readonly work: BatchWork<E, S>;
  /** Loads the states of these conversations. */
  readonly load: (keys: readonly string[]) => Promise<void>;
}

/** Returns false when fenced. */
export async function applyOneByOne<E, S>(
  needs: IsolationNeeds<E, S>,
  events: readonly LoggedEvent[],
): Promise<boolean> {
  const { redis, keys, owner } = needs;
  try {
    return await touchEach(needs, events);
  } catch (error) {
    await unmark(redis, keys, owner).catch(() => undefined);
    throw error;
  }
}

async function touchEach<E, S>(needs: IsolationNeeds<E, S>, events: readonly LoggedEvent[]): Promise<boolean> {
  const { redis, keys, owner, killers, work, load } = needs;
  const decoded: DecodedEvent<E>[] = [];
  for (const event of events) {
    if (killers.has(event.id)) {
      work.putAside(event, { code: 'killed_worker', message: 'workers died each time they touched it' }, undefined);
      continue;
    }
    if (!(await mark(redis, keys, owner, event.id))) return false;
    decoded.push(work.decode(event));
  }
  await unmark(redis, keys, owner);
  await load(decoded.flatMap(({ decoded: outcome }) => (outcome.kind === 'apply' ? [outcome.key] : [])));
  for (const each of decoded) {
    if (!(await mark(redis, keys, owner, each.event.id))) return false;
    work.apply(each);
  }
  return true;
}
