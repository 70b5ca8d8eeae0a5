// Who of the agents is free for what. Invariant: an agent on a call or callback takes nothing else; written media are
// worked side by side up to a limit, and past it only when the caller of `claim` insists.
import type { ContactCentre, Queue, User } from './centre.ts';

/** Share of an agent that one conversation takes, in twelfths: one call, or four messages, or six e-mails. */
const LOAD = { voice: 12, callback: 12, message: 3, email: 2 } as const;
const FULL = 12;

export type RoutedMedia = keyof typeof LOAD;

export interface ClaimOptions {
  /** A user not to be asked: the one who just let it ring. */
  readonly except?: string | undefined;
  /** Take the least loaded agent even when all are full: written work piles up instead of waiting for ever. */
  readonly insist?: boolean;
}

export interface Roster {
  /** The least loaded agent of the queue that can take it, now loaded with it. */
  claim(queue: Queue, media: RoutedMedia, options?: ClaimOptions): User | undefined;
  /** Loads a certain agent with it (a transfer to a person); false when they are full. */
  claimUser(user: User, media: RoutedMedia): boolean;
  release(user: User, media: RoutedMedia): void;
  busy(): number;
}

export function createRoster(centre: ContactCentre): Roster {
  const loads = new Map<string, number>();
  const loadOf = (user: User): number => loads.get(user.id) ?? 0;
  const add = (user: User, twelfths: number): void => {
    const load = loadOf(user) + twelfths;
    if (load > 0) loads.set(user.id, load);
    else loads.delete(user.id);
  };
  const membersOf = new Map(
    centre.queues.map((queue) => [queue.id, centre.users.filter((user) => user.queueIds.includes(queue.id))]),
  );

  return {
    claim: (queue, media, options = {}) => {
      const askable = (membersOf.get(queue.id) ?? []).filter((user) => user.id !== options.except);
      const least = askable.reduce<User | undefined>(
        (best, user) => (best === undefined || loadOf(user) < loadOf(best) ? user : best),
        undefined,
      );
      if (least === undefined) return undefined;
      if (loadOf(least) + LOAD[media] > FULL && !(options.insist ?? false)) return undefined;
      add(least, LOAD[media]);
      return least;
    },
    claimUser: (user, media) => {
      if (loadOf(user) + LOAD[media] > FULL) return false;
      add(user, LOAD[media]);
      return true;
    },
    release: (user, media) => add(user, -LOAD[media]),
    busy: () => loads.size,
  };
}
