// What a conversation's own record is told of its moves, and where that record is.
import { z } from 'zod';
import { UPDATE_PLACEHOLDERS } from '../../domain/conversation-update.ts';
import { PARTICIPANT_STATES } from '../../domain/conversation/state.ts';
import { entry, httpUrl, integer, oneOf, text } from './entry.ts';

const group = 'Conversation updates';

const state = `(${PARTICIPANT_STATES.join('|')})`;
const moves = () =>
  z
    .string()
    .regex(new RegExp(`^${state}(,${state})*$`), `must be one or more of ${PARTICIPANT_STATES.join(', ')}, joined by commas`); // prettier-ignore

const key = '[\\w.-]{1,256}';
const field = `${key}=([^,={}]|\\{(${UPDATE_PLACEHOLDERS.join('|')})\\}){1,256}`;
const fields = () =>
  z
    .string()
    .max(4096, 'must have at most 4096 characters')
    .regex(
      new RegExp(`^${field}(,${field}){0,49}$`),
      `must be key=template pairs joined by commas; a template is text with any of ${UPDATE_PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`, // prettier-ignore
    );

export const conversationUpdateEntries = {
  conversationUpdateTarget: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_TARGET',
    group,
    schema: oneOf(['none', 'platform', 'http']),
    description:
      'Where a conversation is told of its moves: the platform’s custom attributes (permission conversation:customAttributes:edit), an HTTP resource with an ETag, or none. Unset: none.',
    example: 'platform',
  }),
  conversationUpdateMoves: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_MOVES',
    group,
    schema: moves(),
    default: 'active',
    description: 'Participant states whose reaching it is told.',
    example: 'active,held,left',
  }),
  conversationUpdateFields: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_FIELDS',
    group,
    schema: fields(),
    default: 'participantState={participantState}',
    description: `What is told: key=template, joined by commas. Templates may hold ${UPDATE_PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}.`,
    example: 'participantState={participantState},participantSince={at}',
  }),
  conversationUpdateStampsKey: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_STAMPS_KEY',
    group,
    schema: z.string().regex(new RegExp(`^${key}$`), 'must be a key of letters, digits, ".", "_" and "-"'),
    default: 'throughlineStamps',
    description:
      'Key beside the fields that keeps, as text, when each was said and by whom: it decides which is newer.',
    example: 'throughlineStamps_text',
  }),
  conversationUpdateSchemaId: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_SCHEMA_ID',
    group,
    schema: text(),
    description: 'Schema of the custom attributes; the platform asks for it when a conversation gets its first.',
    example: '5f3c1c2e-0000-4000-8000-1d2c3b4a5968',
  }),
  conversationUpdateUrl: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_URL',
    group,
    schema: httpUrl().includes('{conversationId}', { error: 'must have {conversationId} where the id goes' }),
    description: 'The HTTP resource of a conversation. It must answer GET with a JSON object and a strong ETag.',
    example: 'https://crm.example.com/conversations/{conversationId}',
  }),
  conversationUpdateMethod: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_METHOD',
    group,
    schema: oneOf(['PATCH', 'PUT']),
    default: 'PATCH',
    description: 'How that resource is written: PATCH sends what changes (JSON merge patch), PUT the whole object.',
    example: 'PUT',
  }),
  conversationUpdateToken: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_TOKEN',
    group,
    schema: text(),
    description: 'Bearer token for that resource.',
    example: '(from its owner)',
    secret: true,
  }),
  conversationUpdateTimeoutMs: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_TIMEOUT_MS',
    group,
    schema: integer(100, 60_000),
    default: '10000',
    description: 'Longest wait for one answer of that resource.',
    example: '10000',
  }),
  conversationUpdateMaxConflicts: entry({
    env: 'THROUGHLINE_CONVERSATION_UPDATE_MAX_CONFLICTS',
    group,
    schema: integer(1, 100),
    default: '5',
    description:
      'Conflicts in a row after which an update steps back; after five such rounds it becomes a dead letter.',
    example: '5',
  }),
} as const;
