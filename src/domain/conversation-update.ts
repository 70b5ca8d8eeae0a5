// What a conversation is told about itself: on the moves that a rule names, fields made from a template. Pure.
// Invariants: an update says all that its earlier ones said, so that of several that wait only the last need be sent;
// of two the higher `version` is the later; ids, states and times only.
import { z } from 'zod';
import type { ParticipantMoved } from './conversation/events.ts';
import type { Reduction } from './conversation/reduce.ts';
import { PARTICIPANT_STATES, type ConversationState, type ParticipantStateName } from './conversation/state.ts';
import { recordVersion } from './crm-record.ts';
import { fieldsSchema, isEmpty, merge, newerIn, type Fields } from './merge.ts';

export const conversationUpdateSchema = z.object({
  /** What waits under one id is folded into one: the conversation's. */
  recordId: z.string().max(160),
  conversationId: z.string().max(64),
  version: z.number().int().min(1),
  fields: fieldsSchema,
});

export type ConversationUpdate = Readonly<z.infer<typeof conversationUpdateSchema>>;

/** What a template can speak of, as `{name}`. */
export const UPDATE_PLACEHOLDERS = [
  'participantState',
  'participantId',
  'purpose',
  'userId',
  'queueId',
  'media',
  'conversationId',
  'at',
] as const;
type Placeholder = (typeof UPDATE_PLACEHOLDERS)[number];

export interface UpdateRule {
  readonly moves: readonly ParticipantStateName[];
  readonly templates: readonly (readonly [key: string, template: string])[];
}

/** From the texts of the settings: `active,held` and `key={participantState},other={at}`. */
export function updateRule(moves: string, fields: string): UpdateRule {
  const named = moves.split(',');
  const templates = fields.split(',').map((field) => {
    const at = field.indexOf('=');
    return [field.slice(0, at), field.slice(at + 1)] as const;
  });
  return { moves: PARTICIPANT_STATES.filter((state) => named.includes(state)), templates };
}

export interface Telling {
  readonly state: ConversationState;
  readonly update: ConversationUpdate | undefined;
}

/** The update that a reduction calls for, and the state that remembers what has been told. */
export function tellConversation(rule: UpdateRule, { state, events }: Reduction): Telling {
  const known = state.told ?? {};
  let told = known;
  for (const event of events) {
    if (event.kind !== 'participant.moved' || !rule.moves.includes(event.to)) continue;
    told = merge(told, fieldsOf(rule, state, event));
  }
  if (isEmpty(newerIn(told, known))) return { state, update: undefined };
  const { conversationId } = state;
  const update = { recordId: conversationId, conversationId, version: recordVersion(state), fields: told };
  return { state: { ...state, told }, update };
}

function fieldsOf(rule: UpdateRule, state: ConversationState, move: ParticipantMoved): Fields {
  const participant = state.participants[move.participantId];
  const known: Readonly<Record<Placeholder, string | undefined>> = {
    participantState: move.to,
    participantId: move.participantId,
    purpose: move.purpose,
    userId: participant?.userId,
    queueId: participant?.queueId ?? state.queueId,
    media: state.media,
    conversationId: state.conversationId,
    at: new Date(move.at).toISOString(),
  };
  const fields = rule.templates.flatMap(([key, template]) => {
    const value = filled(template, known);
    return value === undefined ? [] : [[key, { value, at: move.at, source: move.participantId }] as const];
  });
  return Object.fromEntries(fields);
}

/** Undefined where it speaks of something unknown: half a sentence is worse than none. */
function filled(template: string, known: Readonly<Record<Placeholder, string | undefined>>): string | undefined {
  const names = UPDATE_PLACEHOLDERS.filter((name) => template.includes(`{${name}}`));
  if (names.some((name) => known[name] === undefined)) return undefined;
  return names.reduce((text, name) => text.replaceAll(`{${name}}`, () => known[name] ?? ''), template);
}
