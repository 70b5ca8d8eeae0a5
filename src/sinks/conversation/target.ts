// Where a conversation's fields are written, and the one way of writing them: read, merge, write over exactly what was
// read. Invariant: a write that somebody came before is refused by the target (Conflict), and then all begins again.
import { isEmpty, newerIn, type Fields } from '../../domain/merge.ts';
import { Conflict } from '../../runtime/errors.ts';

/** What the target held at one moment. */
export interface Held {
  readonly fields: Fields;
  /** Brings `news` in; @throws Conflict where it is no longer what was read. */
  write(news: Fields, signal: AbortSignal): Promise<void>;
}

export interface ConversationTarget {
  readonly kind: 'platform' | 'http';
  read(conversationId: string, signal: AbortSignal): Promise<Held>;
}

export interface Updating {
  readonly target: ConversationTarget;
  /** Writes refused in a row before it is given up. */
  readonly maxConflicts: number;
  readonly onConflict: () => void;
}

/** `restated`: the same values, said anew: only when they were said is news. `unchanged`: it knew all, or better. */
export type Updated = 'written' | 'restated' | 'unchanged';

/** @throws Failure */
export async function updateConversation(
  { target, maxConflicts, onConflict }: Updating,
  conversationId: string,
  fields: Fields,
  signal: AbortSignal,
): Promise<Updated> {
  for (let conflicts = 1; ; conflicts += 1) {
    const held = await target.read(conversationId, signal);
    const news = newerIn(fields, held.fields);
    if (isEmpty(news)) return 'unchanged';
    try {
      await held.write(news, signal);
      return restates(news, held.fields) ? 'restated' : 'written';
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      onConflict();
      if (conflicts >= maxConflicts) throw error;
    }
  }
}

const restates = (news: Fields, known: Fields): boolean =>
  Object.entries(news).every(([key, { value }]) => Object.hasOwn(known, key) && known[key]?.value === value);
