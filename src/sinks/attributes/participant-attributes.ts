// The attributes of a conversation's participants on the platform: strings, merged by key a moment after the 202, without
// a version. Invariant: a call that no conversation waits for leaves the budget's reserve alone.
import { z } from 'zod';
import { isCustomer } from '../../domain/conversation/lifecycle.ts';
import { Poison } from '../../runtime/errors.ts';
import type { Rest } from '../../genesys/rest.ts';
import type { Priority } from '../../stores/rate-limit/rate-limit.ts';

export interface Customer {
  readonly participantId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** `over`: there is nobody left to whom it could matter. */
export type Found = Customer | 'over' | 'no-customer';

export interface ParticipantAttributes {
  read(conversationId: string, call: CallAs): Promise<Found>;
  write(conversationId: string, participantId: string, attributes: Readonly<Record<string, string>>, call: CallAs): Promise<void>; // prettier-ignore
}

export interface CallAs {
  readonly priority: Priority;
  readonly signal: AbortSignal;
}

const text = z.string().max(64);
const conversationSchema = z.object({
  endTime: text.nullish(),
  participants: z
    .array(
      z.object({
        id: text,
        purpose: text.nullish(),
        endTime: text.nullish(),
        attributes: z.record(z.string(), z.unknown()).nullish(),
      }),
    )
    .max(1000)
    .nullish(),
});

const ONE = '/conversations/{conversationId}';
const ATTRIBUTES = `${ONE}/participants/{participantId}/attributes`;

export function participantAttributes(rest: Rest): ParticipantAttributes {
  return {
    read: async (conversationId, call) => {
      const found = await readOne(rest, conversationId, call);
      if (found.endTime) return 'over';
      const customers = (found.participants ?? []).filter(({ purpose }) => isCustomer(purpose ?? ''));
      const customer = customers.find(({ endTime }) => !endTime) ?? customers[0];
      if (customer === undefined) return 'no-customer';
      return { participantId: customer.id, attributes: customer.attributes ?? {} };
    },
    write: async (conversationId, participantId, attributes, call) => {
      const params = { conversationId, participantId };
      try {
        await rest.call({ method: 'PATCH', path: ATTRIBUTES, params, body: { attributes }, answer: z.unknown(), ...call }); // prettier-ignore
      } catch (error) {
        throw explained(error);
      }
    },
  };
}

async function readOne(rest: Rest, conversationId: string, call: CallAs): Promise<z.output<typeof conversationSchema>> {
  try {
    const params = { conversationId };
    return await rest.call({ method: 'GET', path: ONE, params, answer: conversationSchema, ...call });
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): unknown {
  if (!(error instanceof Poison)) return error;
  const { code, message } = error;
  if (code === 'not_found') {
    return new Poison('conversation_not_found', `${message}: no such conversation, or customer in it, in the organisation of THROUGHLINE_GENESYS_CLIENT_ID`); // prettier-ignore
  }
  if (code !== 'refused') return error;
  return new Poison('attributes_refused', `${message}. Lower THROUGHLINE_INJECTION_MAX_ATTRIBUTES or THROUGHLINE_INJECTION_MAX_VALUE_CHARS if the organisation takes less`); // prettier-ignore
}
