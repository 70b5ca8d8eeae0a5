// How a promise stands, as a pure function of the conversation and the hour. Invariant: a promise is late from the first
// instant past its due time on, whether or not the fact that keeps it ever comes; what was late stays late.
import type { ConversationState } from '../conversation/state.ts';
import { doneAt } from './facts.ts';
import { OBJECTIVES, type Objective } from './objectives.ts';
import type { SlaRules } from './rules.ts';
import type { Deadline } from './state.ts';

/** Where only facts may speak: a frame says when it was received, not that nothing happened until then. */
export const NO_HOUR = Number.NEGATIVE_INFINITY;

/** `void`: whoever waited went away in time, which keeps no promise and breaks none. */
export type Judgement = Deadline['stage'] | 'met' | 'void';

export function judge(deadline: Deadline, conversation: ConversationState, now: number): Judgement {
  if (deadline.stage === 'late') return 'late';
  const done = doneAt(deadline, conversation);
  if (done !== undefined) return done > deadline.dueAt ? 'late' : 'met';
  const gone = goneAt(deadline, conversation);
  if (gone !== undefined) return gone > deadline.dueAt ? 'late' : 'void';
  if (now > deadline.dueAt) return 'late';
  return now >= deadline.riskAt ? 'at_risk' : deadline.stage;
}

/** Receipts still come in after the end of a conversation; an answer does not. */
const goneAt = ({ messageId }: Deadline, { phase, endedAt }: ConversationState): number | undefined =>
  messageId === undefined && phase === 'ended' ? endedAt : undefined;

export type Assessment =
  | { readonly outcome: 'not_applicable' | 'met' }
  | { readonly outcome: 'pending' | 'at_risk'; readonly dueAt: number }
  /** By how much: of several the most; so far, where the fact has not come yet; null where no hour is told. */
  | { readonly outcome: 'breach'; readonly dueAt: number | null; readonly bySeconds: number | null };

export type Assessments = Readonly<Record<Objective, Assessment>>;

/** How each objective stands at `now`; without an hour, as far as facts and the timers that rang tell. */
export function assess(conversation: ConversationState, rules: SlaRules, now: number = NO_HOUR): Assessments {
  const all = OBJECTIVES.map((objective) => [objective, assessObjective(objective, conversation, rules, now)] as const);
  return Object.fromEntries(all) as Record<Objective, Assessment>;
}

export function assessObjective(
  objective: Objective,
  conversation: ConversationState,
  rules: SlaRules,
  now: number = NO_HOUR,
): Assessment {
  const { sla } = conversation;
  const known = sla?.outcomes[objective];
  if (sla === undefined || known === undefined) return { outcome: 'not_applicable' };
  const late: Deadline[] = [];
  let outcome: Judgement = 'met';
  let dueAt = Number.POSITIVE_INFINITY;
  for (const deadline of sla.deadlines) {
    if (deadline.objective !== objective) continue;
    const stands = judge(deadline, conversation, now);
    if (stands === 'late') late.push(deadline);
    if (stands === 'waiting' || stands === 'at_risk') dueAt = Math.min(dueAt, deadline.dueAt);
    if (outcome !== 'at_risk' && stands !== 'met') outcome = stands;
  }
  if (known === 'breach' || late.length > 0) return breachOf(late, conversation, rules, now);
  if (outcome === 'at_risk' || outcome === 'waiting')
    return { outcome: outcome === 'at_risk' ? outcome : 'pending', dueAt };
  return { outcome: outcome === 'void' ? 'not_applicable' : 'met' };
}

function breachOf(
  late: readonly Deadline[],
  conversation: ConversationState,
  rules: SlaRules,
  now: number,
): Assessment {
  const by = late.map((deadline) => overdueSeconds(deadline, conversation, rules, now));
  const told = by.filter((seconds) => seconds !== null);
  const dueAt = late.length === 0 ? null : Math.min(...late.map((deadline) => deadline.dueAt));
  return { outcome: 'breach', dueAt, bySeconds: told.length === 0 ? null : Math.max(...told) };
}

/** When it was kept, or whoever waited went away; else the hour that is told. */
export const settledAt = (deadline: Deadline, conversation: ConversationState, now: number): number =>
  doneAt(deadline, conversation) ?? goneAt(deadline, conversation) ?? now;

export function overdueSeconds(
  deadline: Deadline,
  conversation: ConversationState,
  rules: SlaRules,
  now: number,
): number | null {
  const until = settledAt(deadline, conversation, now);
  return until === NO_HOUR ? null : rules.overdueSeconds(deadline, until);
}
