// Which timer a conversation needs: one, for the next instant at which a promise can move by itself. Invariants: a timer's
// id is never used again, so taking one away can never hit its successor, in whatever order both are carried out; a timer
// that rings for nothing changes nothing.
import { z } from 'zod';
import type { ConversationState } from '../conversation/state.ts';
import type { Deadline, SlaState } from './state.ts';

export type Timer = NonNullable<SlaState['timer']>;

export const timerChangeSchema = z.object({
  conversationId: z.string().max(64),
  /** To be set: rings at `at`, epoch ms, or at once where that has passed. */
  arm: z.object({ at: z.number(), id: z.string().max(256) }).optional(),
  /** The id of one that was set before and is not needed any more. */
  disarm: z.string().max(256).optional(),
});

export type TimerChange = Readonly<z.infer<typeof timerChangeSchema>>;

export interface NextTimer {
  readonly timer: Timer | undefined;
  readonly change: TimerChange | undefined;
}

/** A timer that has not been heard this long after its hour is gone: somebody has cleaned the queue. */
const LOST_MS = 300_000;

/** `rangAt`: what the clock is known to have reached; a timer due by then has rung. `heardAt`: when this was told. */
export function nextTimer(
  known: Timer | undefined,
  deadlines: readonly Deadline[],
  { rangAt, heardAt }: { readonly rangAt: number; readonly heardAt: number },
  { conversationId, bornAt, version }: Pick<ConversationState, 'conversationId' | 'bornAt' | 'version'>,
): NextTimer {
  const out = known !== undefined && (known.at <= rangAt || known.at < heardAt - LOST_MS) ? undefined : known;
  const at = nextInstant(deadlines);
  // one that rings too early is not moved: half of all moves, and it costs one idle ring where the wait is long
  if (out === undefined ? at === undefined : at !== undefined && at >= out.at) return { timer: out, change: undefined };
  const disarm = out === undefined ? {} : { disarm: out.id };
  if (at === undefined) return { timer: undefined, change: { conversationId, ...disarm } };
  // grows with every change, and across a forgotten state too
  const timer = { at, id: `${conversationId.replaceAll(':', '%3A')}-${bornAt + version}` };
  return { timer, change: { conversationId, arm: timer, ...disarm } };
}

function nextInstant(deadlines: readonly Deadline[]): number | undefined {
  let next: number | undefined;
  for (const { stage, riskAt, dueAt } of deadlines) {
    if (stage === 'late') continue;
    // the due time itself is still in time
    const at = stage === 'waiting' ? riskAt : dueAt + 1;
    if (next === undefined || at < next) next = at;
  }
  return next;
}
