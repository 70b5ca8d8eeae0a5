// The platform's conversation custom attributes: one record a conversation, amended under its `version`.
// Invariant: what the record says of divisions is said again with each write, for leaving it out would clear it.
import { z } from 'zod';
import type { Fields } from '../../domain/merge.ts';
import { Poison } from '../../runtime/errors.ts';
import type { Rest } from '../../genesys/rest.ts';
import { fieldsIn, valuesFor, type Values } from './stamped-values.ts';
import type { ConversationTarget } from './target.ts';

export interface PlatformTargetOptions {
  readonly rest: Rest;
  /** Which attributes a record may have; the platform asks for it when one is made. */
  readonly schemaId: string | undefined;
  readonly stampsKey: string;
}

const ALL = '/conversations/{conversationId}/customattributes';
const ONE = `${ALL}/{recordId}`;

const recordSchema = z.object({
  version: z.number().int(),
  divisions: z.array(z.string().max(64)).max(1000).nullish(),
  customAttributes: z.record(z.string().max(256), z.unknown()).nullish(),
});
type CustomAttributes = z.infer<typeof recordSchema>;

export function platformTarget({ rest, schemaId, stampsKey }: PlatformTargetOptions): ConversationTarget {
  return {
    kind: 'platform',
    read: async (conversationId, signal) => {
      const record = await find(rest, conversationId, signal);
      const fields: Fields = fieldsIn(record?.customAttributes ?? {}, stampsKey);
      return {
        fields,
        write: (news, writing) => {
          const values = valuesFor(news, fields, stampsKey);
          return record === undefined
            ? create(rest, conversationId, schemaId, values, writing)
            : amend(rest, conversationId, record, values, writing);
        },
      };
    },
  };
}

/** The conversation's id is the record's too: ids are the writer's choice, and this one is nobody else's. */
async function find(rest: Rest, conversationId: string, signal: AbortSignal): Promise<CustomAttributes | undefined> {
  try {
    const params = { conversationId, recordId: conversationId };
    // what has been read is written before more is read: a budget spent on reading would move nothing
    return await rest.call({ method: 'GET', path: ONE, params, answer: recordSchema, priority: 'bulk', signal });
  } catch (error) {
    // there is none yet; whether there is such a conversation at all, the write will tell
    if (isRefusal(error, 'not_found')) return undefined;
    throw error;
  }
}

async function amend(
  rest: Rest,
  conversationId: string,
  { version, divisions }: CustomAttributes,
  customAttributes: Values,
  signal: AbortSignal,
): Promise<void> {
  const body = { id: conversationId, version, divisions: divisions ?? [], customAttributes };
  await rest.call({ method: 'PATCH', path: ALL, params: { conversationId }, body, answer: z.unknown(), signal });
}

/** `version` 0: one that has been made since has a higher one, and must not be replaced by this. */
async function create(
  rest: Rest,
  conversationId: string,
  schemaId: string | undefined,
  customAttributes: Values,
  signal: AbortSignal,
): Promise<void> {
  const body = { id: conversationId, version: 0, ...(schemaId === undefined ? {} : { schemaId }), customAttributes };
  try {
    await rest.call({ method: 'PUT', path: ALL, params: { conversationId }, body, answer: z.unknown(), signal });
  } catch (error) {
    throw explained(error, schemaId);
  }
}

function explained(error: unknown, schemaId: string | undefined): unknown {
  if (isRefusal(error, 'not_found')) {
    return new Poison('conversation_not_found', `${error.message}: no such conversation in the organisation of THROUGHLINE_GENESYS_CLIENT_ID`); // prettier-ignore
  }
  if (!isRefusal(error, 'refused')) return error;
  const advice =
    schemaId === undefined
      ? 'Set THROUGHLINE_CONVERSATION_UPDATE_SCHEMA_ID to a conversation schema'
      : 'Check that the schema of THROUGHLINE_CONVERSATION_UPDATE_SCHEMA_ID has the keys of THROUGHLINE_CONVERSATION_UPDATE_FIELDS and THROUGHLINE_CONVERSATION_UPDATE_STAMPS_KEY as texts';
  return new Poison('schema_mismatch', `${error.message}. ${advice}`);
}

const isRefusal = (error: unknown, code: string): error is Poison => error instanceof Poison && error.code === code;
