// The flows of the contact centre and what they take in: JSON Schema, as Architect states it. Invariant: a pure function
// of the seed, as the rest of the centre.
import { idOf } from '../ids.ts';

export type FlowType = 'inboundcall' | 'inboundshortmessage' | 'inboundemail' | 'workflow';

export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly type: FlowType;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
}

export interface JsonSchema {
  readonly $schema: string;
  readonly title: string;
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required: readonly string[];
  readonly additionalProperties: boolean;
}

const schema = (title: string, properties: JsonSchema['properties'], required: readonly string[] = []): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-04/schema#',
  title,
  type: 'object',
  properties,
  required,
  additionalProperties: true,
});

const text = { type: 'string' };
const CUSTOMER = {
  'Flow.accountId': text,
  'Flow.tier': { type: 'string', enum: ['bronze', 'silver', 'gold'] },
  'Flow.openCases': { type: 'integer', minimum: 0 },
  'Flow.isVip': { type: 'boolean' },
};

const FLOWS: readonly Omit<Flow, 'id'>[] = [
  {
    name: 'Main IVR',
    type: 'inboundcall',
    description: 'Greets callers and asks what they want',
    inputSchema: schema('Main IVR inputs', { 'Flow.language': text }),
    outputSchema: schema('Main IVR outputs', { 'Flow.intent': text }),
  },
  {
    name: 'Message triage',
    type: 'inboundshortmessage',
    description: 'Finds the queue of a thread',
    inputSchema: schema('Message triage inputs', {}),
    outputSchema: schema('Message triage outputs', { 'Flow.queue': text }),
  },
  {
    name: 'E-mail triage',
    type: 'inboundemail',
    description: 'Finds the queue of an e-mail',
    inputSchema: schema('E-mail triage inputs', {}),
    outputSchema: schema('E-mail triage outputs', { 'Flow.queue': text }),
  },
  {
    name: 'Enrich customer',
    type: 'workflow',
    description: 'Takes what the CRM knows of a customer',
    inputSchema: schema('Enrich customer inputs', CUSTOMER, ['Flow.accountId']),
    outputSchema: schema('Enrich customer outputs', { 'Flow.accepted': { type: 'boolean' } }),
  },
];

export const createFlows = (seed: number): readonly Flow[] =>
  FLOWS.map((flow, number) => Object.assign({ id: idOf('centre', seed, 'flow', number) }, flow));
