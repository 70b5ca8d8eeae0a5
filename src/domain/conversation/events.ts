// What happened to a conversation: the reducer's output. Invariant: one event per effective change, in the order of
// cause, `at` in epoch ms; ids and routing facts only. The conversation is the one of the reduction that carries it.
import type { Media } from '../observation.ts';
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
