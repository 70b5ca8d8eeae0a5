// What one reduction does to a conversation's promises: which begin, which are kept, missed or void, and which timer must
// ring next. Pure. Invariants: only a fact or a timer that rang moves a promise; an objective is breached once in a
// conversation's life; where no promise is touched the reduction is given back as it is.
import type { ConversationEvent, SlaEvent } from '../conversation/events.ts';
import type { Reduction } from '../conversation/reduce.ts';
import type { ConversationState } from '../conversation/state.ts';
import type { Observation } from '../observation.ts';
import { beginDeadlines } from './begin.ts';
import { judge, NO_HOUR, overdueSeconds, settledAt, type Judgement } from './judge.ts';
import { OBJECTIVES, type Objective, type Outcome } from './objectives.ts';
import type { SlaRules } from './rules.ts';
import type { Deadline, SlaState } from './state.ts';
import { nextTimer, type TimerChange } from './timer.ts';

export interface Followed {
  readonly reduction: Reduction;
  /** To be put out in the same commit. */
  readonly timer: TimerChange | undefined;
}

interface Judged {
  readonly deadline: Deadline;
  readonly stands: Judgement;
}

const NOTHING: SlaState = { deadlines: [], outcomes: {} };

export function followSla(reduction: Reduction, observation: Observation, rules: SlaRules): Followed {
  const rangAt = observation.source === 'clock' ? observation.receivedAt : NO_HOUR;
  const told = reduction.changed && reduction.events.length > 0;
  const known = reduction.state.sla ?? NOTHING;
  if (!told && (rangAt === NO_HOUR || known === NOTHING)) return { reduction, timer: undefined };
  const deadlines = told ? beginDeadlines(known, reduction, observation, rules) : known.deadlines;
  if (deadlines.length === 0 && known.timer === undefined) return { reduction, timer: undefined };
  const judged = deadlines.map((deadline) => ({ deadline, stands: judge(deadline, reduction.state, rangAt) }));
  return settle(reduction, known, judged, { rangAt, heardAt: observation.receivedAt }, rules);
}

function settle(
  reduction: Reduction,
  known: SlaState,
  judged: readonly Judged[],
  when: { readonly rangAt: number; readonly heardAt: number },
  rules: SlaRules,
): Followed {
  const { rangAt } = when;
  const kept = judged.flatMap(keep);
  const outcomes = outcomesOf(known, judged);
  const version = reduction.state.version + (reduction.changed ? 0 : 1);
  const { timer, change } = nextTimer(known.timer, kept, when, { ...reduction.state, version });
  if (isSame(known, kept, outcomes) && change === undefined && timer === known.timer) {
    return { reduction, timer: undefined };
  }
  const sla: SlaState = { deadlines: kept, outcomes, ...(timer === undefined ? {} : { timer }) };
  const state: ConversationState = { ...reduction.state, version, sla };
  const events: ConversationEvent[] = [
    ...reduction.events,
    ...missedMessages(judged, state, rangAt),
    ...OBJECTIVES.flatMap((objective) => announce(objective, known, judged, { state, rangAt, rules })),
  ];
  return { reduction: { state, changed: true, events, refusals: reduction.refusals }, timer: change };
}

function keep({ deadline, stands }: Judged): Deadline[] {
  if (stands === 'met' || stands === 'void') return [];
  return [stands === deadline.stage ? deadline : { ...deadline, stage: stands }];
}

function isSame(known: SlaState, kept: readonly Deadline[], outcomes: SlaState['outcomes']): boolean {
  const sameDeadlines = kept.length === known.deadlines.length && kept.every((one, i) => one === known.deadlines[i]);
  return sameDeadlines && OBJECTIVES.every((objective) => outcomes[objective] === known.outcomes[objective]);
}

function outcomesOf(known: SlaState, judged: readonly Judged[]): SlaState['outcomes'] {
  const outcomes = { ...known.outcomes };
  for (const objective of new Set(judged.map(({ deadline }) => deadline.objective))) {
    const outcome = outcomeOf(known.outcomes[objective], standings(judged, objective));
    if (outcome === undefined) delete outcomes[objective];
    else outcomes[objective] = outcome;
  }
  return outcomes;
}

const standings = (judged: readonly Judged[], objective: Objective): Judgement[] =>
  judged.filter(({ deadline }) => deadline.objective === objective).map(({ stands }) => stands);

/** Undefined where it turned out not to apply. */
function outcomeOf(known: Outcome | undefined, all: readonly Judgement[]): Outcome | undefined {
  if (known === 'breach' || all.includes('late')) return 'breach';
  if (all.includes('at_risk')) return 'at_risk';
  if (all.includes('waiting')) return 'pending';
  return all.includes('met') ? 'met' : undefined;
}

/** Each message once, at the moment at which it is first late. */
function missedMessages(judged: readonly Judged[], state: ConversationState, rangAt: number): ConversationEvent[] {
  return judged.flatMap(({ deadline, stands }) => {
    const { objective, messageId, stage } = deadline;
    if (messageId === undefined || stands !== 'late' || stage === 'late') return [];
    return [{ kind: 'message.late', objective, messageId, at: settledAt(deadline, state, rangAt) }];
  });
}

const EVENT_KINDS = { at_risk: 'sla.at-risk', met: 'sla.met', breach: 'sla.breached' } as const;

function announce(
  objective: Objective,
  known: SlaState,
  judged: readonly Judged[],
  { state, rangAt, rules }: { readonly state: ConversationState; readonly rangAt: number; readonly rules: SlaRules },
): SlaEvent[] {
  const outcome = state.sla?.outcomes[objective];
  if (outcome === undefined || outcome === 'pending' || outcome === known.outcomes[objective]) return [];
  const stands = outcome === 'breach' ? 'late' : outcome;
  const cause = judged.find(
    ({ deadline, stands: own }) => deadline.objective === objective && own === stands,
  )?.deadline;
  if (cause === undefined) return [];
  const bySeconds = outcome === 'breach' ? overdueSeconds(cause, state, rules, rangAt) : null;
  const { media, queueId, priority } = state;
  const at = settledAt(cause, state, rangAt);
  return [{ kind: EVENT_KINDS[outcome], objective, at, dueAt: cause.dueAt, bySeconds, media, queueId, priority }];
}
