// Where a promise's time begins and what keeps it, read off a conversation's facts. Invariant: no clock is asked, and no
// fact is counted that the conversation does not remember.
import { earliest } from '../conversation/facts.ts';
import { isAgent } from '../conversation/lifecycle.ts';
import type { ConversationState, MessageState, ParticipantState } from '../conversation/state.ts';
import type { Direction } from '../observation.ts';
import type { Deadline } from './state.ts';

/** Promises about the whole conversation; the others are about a message each. */
export const CONVERSATION_OBJECTIVES = ['voiceAnswer', 'firstResponse'] as const;
type ConversationObjective = (typeof CONVERSATION_OBJECTIVES)[number];

/** Undefined while its time has not begun, and where it cannot: who is called does not wait to be answered. */
export function startOf(objective: ConversationObjective, conversation: ConversationState): number | undefined {
  if (conversation.direction === 'outbound') return undefined;
  if (objective === 'voiceAnswer') return conversation.media === 'voice' ? queueEntry(conversation) : undefined;
  return firstMessage(conversation, 'inbound') ?? queueEntry(conversation);
}

/** When the promise was kept, in time or not. */
export function doneAt({ objective, messageId }: Deadline, conversation: ConversationState): number | undefined {
  if (objective === 'voiceAnswer') return firstConnection(conversation);
  if (objective === 'firstResponse') {
    const isWritten = firstMessage(conversation, 'inbound') !== undefined;
    return isWritten ? firstMessage(conversation, 'outbound') : firstConnection(conversation);
  }
  const message = messageOf(conversation, messageId ?? '');
  // what is read was delivered, whether or not that receipt ever came
  return objective === 'messageRead' ? message?.readAt : (message?.deliveredAt ?? message?.readAt);
}

/** Ids come from outside: one named like a member of Object must not find it. */
export function messageOf({ participants }: ConversationState, messageId: string): MessageState | undefined {
  for (const { messages } of Object.values<ParticipantState>(participants)) {
    if (messages !== undefined && Object.hasOwn(messages, messageId)) return messages[messageId];
  }
  return undefined;
}

function queueEntry({ participants }: ConversationState): number | undefined {
  let entry: number | undefined;
  for (const { purpose, joinedAt, connectedAt } of Object.values<ParticipantState>(participants)) {
    if (purpose === 'acd') entry = earliest(entry, joinedAt ?? connectedAt);
  }
  return entry;
}

function firstConnection({ participants }: ConversationState): number | undefined {
  let first: number | undefined;
  for (const { purpose, connectedAt } of Object.values<ParticipantState>(participants)) {
    if (isAgent(purpose)) first = earliest(first, connectedAt);
  }
  return first;
}

/** A bot's messages are no agent's answer. */
function firstMessage({ participants }: ConversationState, direction: Direction): number | undefined {
  let first: number | undefined;
  for (const { purpose, messages = {} } of Object.values<ParticipantState>(participants)) {
    if (direction === 'outbound' && !isAgent(purpose)) continue;
    for (const message of Object.values<MessageState>(messages)) {
      if (message.direction === direction) first = earliest(first, message.sentAt);
    }
  }
  return first;
}
