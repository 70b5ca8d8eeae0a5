// The flows of the contact centre and what they take in, and its schema of custom attributes: JSON Schema, as Architect
// states it. Invariant: a pure function of the seed, as the rest of the centre.
import { idOf } from '../ids.ts';

export type FlowType = 'inboundcall' | 'inboundshortmessage' | 'inboundemail' | 'workflow';

export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly type: FlowType;
  readonly description: string;
  /** Any JSON once a control has changed it. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema: JsonSchema;
}

export type JsonSchema = {
  readonly $schema: string;
  readonly title: string;
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly required: readonly string[];
  readonly additionalProperties: boolean;
};

const schema = (title: string, properties: JsonSchema['properties'], required: readonly string[] = []): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-04/schema#',
  title,
  type: 'object',
  properties,
  required,
  additionalProperties: true,
});

const text = { type: 'string' };
const orNull = (type: string) => ({ type: [type, 'null'] });
/** What the CRM emulator knows of a customer, as a flow would name and type it. */
const CUSTOMER = {
  accountId: text,
  tier: { type: 'string', enum: ['bronze', 'silver', 'gold'] },
  openCases: { type: 'integer', minimum: 0 },
  isVip: { type: 'boolean' },
  lifetimeValue: { type: 'number' },
  customerSince: { type: 'string', format: 'date' },
  lastContactAt: { type: 'string', format: 'date-time' },
  language: orNull('string'),
};

const FLOWS: readonly Omit<Flow, 'id'>[] = [
  {
    name: 'Main IVR',
    type: 'inboundcall',
    description: 'Greets callers and asks what they want',
    inputSchema: schema('Main IVR inputs', { language: text, accountId: text }),
    outputSchema: schema('Main IVR outputs', { intent: text }),
  },
  {
    name: 'Message triage',
    type: 'inboundshortmessage',
    description: 'Finds the queue of a thread',
    inputSchema: schema('Message triage inputs', {}),
    outputSchema: schema('Message triage outputs', { queue: text }),
  },
  {
    name: 'E-mail triage',
    type: 'inboundemail',
    description: 'Finds the queue of an e-mail',
    inputSchema: schema('E-mail triage inputs', {}),
    outputSchema: schema('E-mail triage outputs', { queue: text }),
  },
  {
    name: 'Enrich customer',
    type: 'workflow',
    description: 'Takes what the CRM knows of a customer',
    inputSchema: schema('Enrich customer inputs', CUSTOMER, ['accountId']),
    outputSchema: schema('Enrich customer outputs', { accepted: { type: 'boolean' } }),
  },
];

export const createFlows = (seed: number): readonly Flow[] =>
  FLOWS.map((flow, number) => Object.assign({ id: idOf('centre', seed, 'flow', number) }, flow));

export interface AttributesSchema {
  readonly id: string;
  readonly title: string;
  readonly jsonSchema: unknown;
}

/** Its fields refer to the platform's core types by name. */
const field = (title: string, coreType: string) => ({ title, allOf: [{ $ref: `#/definitions/${coreType}` }] });

export const createAttributesSchema = (seed: number): AttributesSchema => ({
  id: idOf('centre', seed, 'attributes-schema'),
  title: 'Customer',
  jsonSchema: {
    $schema: 'http://json-schema.org/draft-04/schema#',
    title: 'Customer',
    description: 'What the CRM knows of a customer',
    properties: {
      tier: field('Tier', 'text'),
      openCases: field('Open cases', 'integer'),
      isVip: field('VIP', 'checkbox'),
      customerSince: field('Customer since', 'date'),
      lastContactAt: field('Last contact', 'datetime'),
    },
    required: [],
  },
});
