// The emulator's own account of what happened, to hold a pipeline's answer against. Invariant: facts as the platform
// would state them, no personal data; bounded: the oldest settled conversations are forgotten first, and counted.
import type { RoutedMedia } from '../centre/roster.ts';
import { communicationOf, type LiveConversation } from '../conversation/live-conversation.ts';
import type { MessageDetails, Participant } from '../conversation/snapshot.ts';

export interface LedgerParticipant {
  readonly id: string;
  readonly purpose: string;
  readonly userId?: string | undefined;
  readonly queueId?: string | undefined;
  readonly externalContactId?: string | undefined;
  /** Of its communication; analytics calls it a session. */
  readonly sessionId?: string | undefined;
  readonly direction?: 'inbound' | 'outbound' | undefined;
  /** When it was added. */
  readonly joinTime?: string | undefined;
  /** The platform's word for its communication's state. */
  readonly state: string | undefined;
  readonly held: boolean;
  readonly connectedTime?: string | undefined;
  readonly endTime?: string | undefined;
  readonly disconnectType?: string | undefined;
  readonly afterCallWork?: string | undefined;
  readonly afterCallWorkStartTime?: string | undefined;
  readonly afterCallWorkEndTime?: string | undefined;
  readonly wrapUpCode?: string | undefined;
  readonly messages?: Readonly<Record<string, MessageDetails['messageStatus']>>;
}

export interface LedgerEntry {
  readonly conversationId: string;
  readonly media: RoutedMedia;
  readonly startTime: string;
  readonly endTime?: string | undefined;
  readonly ended: boolean;
  /** Nothing more will happen: after-call work and receipts included. */
  readonly settled: boolean;
  /** Snapshots that concerned at least one queue or user. */
  readonly changes: number;
  readonly participants: readonly LedgerParticipant[];
}

export interface Ledger {
  /** Keeps the final account of a conversation in which nothing more will happen. */
  settle(conversation: LiveConversation): void;
  settled(): readonly LedgerEntry[];
  /** All ever settled, the dropped ones included. */
  count(): number;
  /** Settled entries that were dropped to stay within bounds. */
  forgotten(): number;
}

export function createLedger(maxEntries: number): Ledger {
  const entries = new Map<string, LedgerEntry>();
  let forgotten = 0;
  return {
    settle: (conversation) => {
      entries.set(conversation.id, entryOf(conversation, true));
      const [oldest] = entries.keys();
      if (entries.size <= maxEntries || oldest === undefined) return;
      entries.delete(oldest);
      forgotten += 1;
    },
    settled: () => [...entries.values()],
    count: () => entries.size + forgotten,
    forgotten: () => forgotten,
  };
}

export function entryOf(conversation: LiveConversation, settled: boolean): LedgerEntry {
  const { id, media, startTime, endTime, changes, snapshot } = conversation;
  return {
    conversationId: id,
    media,
    startTime,
    endTime,
    ended: endTime !== undefined,
    settled,
    changes,
    participants: snapshot.participants.map((one) => participantOf(one, conversation.joinTimes.get(one.id))),
  };
}

function participantOf(participant: Participant, joinTime: string | undefined): LedgerParticipant {
  const communication = communicationOf(participant);
  const details = participant.messages?.[0]?.messages ?? [];
  return {
    id: participant.id,
    purpose: participant.purpose,
    userId: participant.userId,
    queueId: participant.queueId,
    externalContactId: participant.externalContactId,
    sessionId: communication?.id,
    direction: communication?.direction,
    joinTime,
    state: communication?.state,
    held: communication?.held ?? false,
    connectedTime: participant.connectedTime,
    endTime: participant.endTime,
    disconnectType: communication?.disconnectType,
    afterCallWork: communication?.afterCallWork?.state,
    afterCallWorkStartTime: participant.startAcwTime,
    afterCallWorkEndTime: participant.endAcwTime,
    wrapUpCode: participant.wrapup?.code,
    ...(details.length === 0
      ? {}
      : { messages: Object.fromEntries(details.map(({ messageId, messageStatus }) => [messageId, messageStatus])) }),
  };
}
