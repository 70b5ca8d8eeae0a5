// A conversation with its promises and its timers, in memory: what the stage and the timer queue do, without them.
import type { ConversationEvent } from '../../../../src/domain/conversation/events.ts';
import { reduce, type Reduction } from '../../../../src/domain/conversation/reduce.ts';
import type { ConversationState } from '../../../../src/domain/conversation/state.ts';
import type {
  Direction,
  MessageFact,
  MessageStatus,
  Observation,
  ParticipantFacts,
} from '../../../../src/domain/observation.ts';
import { followSla } from '../../../../src/domain/sla/follow.ts';
import type { Objective } from '../../../../src/domain/sla/objectives.ts';
import { DEFAULT_SLA_RULES, slaRulesFrom, type SlaRules } from '../../../../src/domain/sla/rules.ts';
import { agent, at, snapshot } from '../build.ts';

export class Life {
  state: ConversationState | undefined;
  readonly events: ConversationEvent[] = [];
  readonly timers = new Map<string, number>();
  /** Ids ever set: one used twice would be a bug. */
  readonly used: string[] = [];
  private readonly rules: SlaRules;

  constructor(rules: SlaRules = DEFAULT_SLA_RULES) {
    this.rules = rules;
  }

  tell(observation: Observation): Reduction {
    const { reduction, timer } = followSla(reduce(this.state, observation), observation, this.rules);
    if (reduction.changed) this.state = reduction.state;
    this.events.push(...reduction.events);
    if (timer?.disarm !== undefined) this.timers.delete(timer.disarm);
    if (timer?.arm !== undefined) {
      this.timers.set(timer.arm.id, timer.arm.at);
      this.used.push(timer.arm.id);
    }
    return reduction;
  }

  /** A timer rings, whether one was set or not. */
  ring(second: number): Reduction {
    return this.tell({ conversationId: 'conversation-1', source: 'clock', receivedAt: at(second), participants: [] });
  }

  /** Lets the clock run: every timer rings at its time, those set on the way included. */
  until(second: number): void {
    for (;;) {
      const [next] = [...this.timers].toSorted(([, a], [, b]) => a - b);
      if (next === undefined || next[1] > at(second)) return;
      this.timers.delete(next[0]);
      this.ring((next[1] - at(0)) / 1000);
    }
  }

  /** `breached messageRead @1801 by 0.001`, in order. */
  said(objective?: Objective): string[] {
    return this.events.flatMap((event) => {
      if (!('bySeconds' in event) || (objective !== undefined && event.objective !== objective)) return [];
      const by = event.bySeconds === null ? '' : ` by ${event.bySeconds}`;
      return [`${event.kind.slice(4)} ${event.objective} @${(event.at - at(0)) / 1000}${by}`];
    });
  }
}

export const lifeUnder = (rules: unknown): Life => new Life(slaRulesFrom(JSON.stringify(rules)));

export const message = (
  status: MessageStatus,
  {
    id = 'm1',
    sent = 0,
    direction = 'outbound',
    channel = 'whatsapp',
  }: { readonly id?: string; readonly sent?: number; readonly direction?: Direction; readonly channel?: string } = {},
): MessageFact => ({ messageId: id, direction, status, sentAt: at(sent), attachments: 0, channel });

/** An agent on a message conversation, as a snapshot received at `second` shows it. */
export const thread = (second: number, ...messages: readonly MessageFact[]): Observation =>
  snapshot(second, agent({ media: 'message', activity: 'connected', connectedAt: at(0), messages }));

export const acd = (from: number, facts: Partial<ParticipantFacts> = {}): ParticipantFacts => ({
  participantId: 'queue-leg',
  purpose: 'acd',
  media: 'voice',
  queueId: '11111111-1111-4111-8111-111111111111',
  activity: 'connected',
  joinedAt: at(from),
  connectedAt: at(from),
  ...facts,
});
