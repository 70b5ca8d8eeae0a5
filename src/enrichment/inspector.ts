// Looks at what enrichment would do to one conversation, and does it when asked to: the same schema, look-up, validation
// and queue as the stages have. Invariant: looking changes nothing; what is sent is what was shown of the same moment.
import { randomUUID } from 'node:crypto';
import type { ConversationState } from '../domain/conversation/state.ts';
import { inspect, type Inspected, type Injecting, type Inspection } from '../domain/enrichment/inspect.ts';
import { contentOf, validate } from '../domain/enrichment/validate.ts';
import type { ConversationSchemas } from '../genesys/schemas/conversation-schemas.ts';
import type { ServedSchema } from '../genesys/schemas/schema-source.ts';
import { Poison } from '../runtime/errors.ts';
import type { Seal } from '../runtime/seal.ts';

export interface InspectOptions {
  /** Instead of the one that configuration names. */
  readonly flowId?: string | undefined;
  readonly signal: AbortSignal;
}

export interface AttributeInspector {
  /** Undefined: nothing is remembered of such a conversation. @throws Failure */
  look(conversationId: string, options: InspectOptions): Promise<Inspection | undefined>;
  send(conversationId: string, options: InspectOptions): Promise<Sent | undefined>;
}

export interface Sent {
  readonly inspection: Inspection;
  /** Of the injection: its job and its record in the audit go by it. */
  readonly traceId: string;
}

/** A job of `inject-attributes`. */
export interface InjectionOrder {
  readonly conversationId: string;
  readonly traceId: string;
  readonly cause: string;
  readonly startedAt: number;
  readonly sealed: string;
}

export interface InspectorNeeds {
  readonly readState: (conversationId: string) => Promise<ConversationState | undefined>;
  readonly findCustomer: (state: ConversationState, signal: AbortSignal) => Promise<Inspected['customer']>;
  readonly schemas: ConversationSchemas;
  readonly injecting: Injecting;
  readonly inject: (order: InjectionOrder) => Promise<void>;
  readonly seal: Seal;
  readonly now: () => number;
}

interface Found extends Inspected {
  readonly state: ConversationState;
}

export function attributeInspector(needs: InspectorNeeds): AttributeInspector {
  return {
    look: async (conversationId, options) => {
      const found = await find(conversationId, options, needs);
      return found === undefined ? undefined : inspect(found, needs.injecting);
    },
    send: async (conversationId, options) => {
      const startedAt = needs.now();
      const found = await find(conversationId, options, needs);
      if (found === undefined) return undefined;
      const inspection = inspect(found, needs.injecting);
      const traceId = randomUUID();
      const sealed = needs.seal.seal(JSON.stringify(contentToSend(found, inspection)));
      await needs.inject({ conversationId, traceId, cause: 'manual', startedAt, sealed });
      return { inspection, traceId };
    },
  };
}

function contentToSend({ state, schema, customer }: Found, { send }: Inspection): object {
  if (state.phase === 'ended') {
    throw new Poison('conversation_ended', 'The conversation is over: nobody would see what is put there');
  }
  if (Object.keys(send).length === 0) {
    throw new Poison('nothing_to_send', 'Nothing of what the CRM has passes the schema: there is nothing to send');
  }
  return contentOf(schema, validate(schema, customer?.attributes ?? {}));
}

async function find(
  conversationId: string,
  { flowId, signal }: InspectOptions,
  { readState, findCustomer, schemas }: InspectorNeeds,
): Promise<Found | undefined> {
  const state = await readState(conversationId);
  if (state === undefined) return undefined;
  const [served, customer] = await Promise.all([
    flowId === undefined ? schemas.of(state, signal) : schemas.ofFlow(flowId, signal),
    findCustomer(state, signal),
  ]);
  const { schema, stale: schemaIsStale } = usable(served);
  return { state, conversationId, schema, schemaIsStale, customer };
}

function usable(served: ServedSchema | undefined): ServedSchema {
  if (served === undefined) {
    throw new Poison(
      'no_schema',
      'No rule of THROUGHLINE_ENRICHMENT_SCHEMAS fits this conversation: name one, or a flow',
    );
  }
  if (served.problem === undefined) return served;
  throw new Poison('nothing_declared', `The ${served.schema.name} declares nothing to be sent: ${served.problem}`);
}
