// What happened to a conversation: the reducer's output. Invariant: one event per effective change, in the order of
// cause, `at` in epoch ms; ids and routing facts only. The conversation is the one of the reduction that carries it.
import type { Media } from '../observation.ts';
import type { Objective } from '../sla/objectives.ts';
import type { MessageState, ParticipantStateName } from './state.ts';

export interface ParticipantMoved {
  readonly kind: 'participant.moved';
  readonly participantId: string;
  readonly purpose: string;
  readonly from: ParticipantStateName;
  readonly to: ParticipantStateName;
  readonly at: number;
}

export interface MessageEvent {
  /** `observed`: first sight. `status`: its status or its attachments changed. */
  readonly kind: 'message.observed' | 'message.status';
  readonly participantId: string;
  readonly messageId: string;
  readonly message: MessageState;
  readonly at: number;
}

/** A message has missed a promise: once for each that it misses, also after its objective is breached. */
export interface MessageLate {
  readonly kind: 'message.late';
  readonly objective: Objective;
  readonly messageId: string;
  readonly at: number;
}

/** Of a conversation: `breached` at most once an objective; `met` when nothing is waited for any more. */
export interface SlaEvent {
  readonly kind: 'sla.at-risk' | 'sla.met' | 'sla.breached';
  readonly objective: Objective;
  readonly at: number;
  /** The last instant that was in time. */
  readonly dueAt: number;
  /** At a breach: past the due time as the rule counts time; so far, where the fact has not come. */
  readonly bySeconds: number | null;
  readonly media: Media;
  readonly queueId: string | undefined;
  readonly priority: number | undefined;
}

export type ConversationEvent =
  | { readonly kind: 'conversation.started'; readonly media: Media; readonly at: number }
  | ParticipantMoved
  | {
      readonly kind: 'after-call-work.started' | 'after-call-work.completed';
      readonly participantId: string;
      readonly at: number;
    }
  | { readonly kind: 'wrap-up.set'; readonly participantId: string; readonly code: string; readonly at: number }
  | MessageEvent
  | MessageLate
  | SlaEvent
  | { readonly kind: 'transcription.ended'; readonly at: number }
  | { readonly kind: 'conversation.ended' | 'conversation.reopened'; readonly at: number };

export type RefusalReason =
  /** It was true once: it lacks what is already known. */
  | 'stale'
  /** Nothing in the whole observation was new. */
  | 'duplicate'
  /** It is newer than what is known, and the table of moves does not allow it. */
  | 'illegal'
  /** A state of the platform that this version does not know. */
  | 'unknown_state'
  /** One participant more than a conversation may have here. */
  | 'over_limit';

/** What was not done, and why. A duplicate is said once per observation, of no participant. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly participantId: string | null;
  readonly from: ParticipantStateName | null;
  readonly to: ParticipantStateName | null;
}
