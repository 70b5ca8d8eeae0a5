// An inspector over a sample deployment: the real one, with a schema, a customer and a queue that the test holds in hand.
import type { Inspected } from '../../src/domain/enrichment/inspect.ts';
import { aimAttributes } from '../../src/domain/enrichment/attribute-schema.ts';
import { readJsonSchema } from '../../src/domain/enrichment/read-json-schema.ts';
import { conversationStates } from '../../src/stores/conversations/states.ts';
import { attributeInspector, type AttributeInspector, type InjectionOrder } from '../../src/enrichment/inspector.ts';
import type { ConversationSchemas } from '../../src/genesys/schemas/conversation-schemas.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { PARTITIONS } from '../browser/support/sample-conversations.ts';
import type { SampleDeployment } from '../browser/support/sample-deployment.ts';
import { TEST_KEY } from './pipeline.ts';

export const FLOW_ID = '5f3c1c2e-0000-4000-8000-1d2c3b4a5968';
export const OTHER_FLOW_ID = '6a3c1c2e-0000-4000-8000-1d2c3b4a5968';

const FLOW = {
  properties: {
    accountId: { type: 'string' },
    tier: { type: 'string', enum: ['bronze', 'silver', 'gold'] },
    openCases: { type: 'integer' },
    isVip: { type: 'boolean' },
    lifetimeValue: { type: 'number' },
    customerSince: { type: 'string', format: 'date' },
    lastContactAt: { type: 'string', format: 'date-time' },
    notesOfTheLastConversationWithTheCustomer: { type: ['string', 'null'] },
  },
  required: ['accountId'],
};

export const CUSTOMER = {
  accountId: 'ACC-10042',
  tier: 'gold',
  openCases: '3',
  isVip: 'banana',
  lifetimeValue: 4821.5,
  customerSince: '2019-04-30',
  notesOfTheLastConversationWithTheCustomer:
    'Asked for a call back; the parcel had gone to the old address again. \u202E',
  city: 'Seattle, WA',
  language: 'en-US',
};

export interface InspectionWorld {
  readonly inspector: AttributeInspector;
  readonly orders: InjectionOrder[];
  readonly open: (order: InjectionOrder) => unknown;
  /** What the next look-ups find, or why they fail. */
  customer: Inspected['customer'] | Error;
  schemas: ConversationSchemas;
}

export function inspectionWorld(deployment: () => SampleDeployment): InspectionWorld {
  const seal = sealWith(TEST_KEY);
  const named = (document: object, name: string) => {
    const { schema, problem } = readJsonSchema(document, name);
    return { schema: aimAttributes(schema, { openCases: 'custom', isVip: 'custom' }), problem, stale: false };
  };
  const world: InspectionWorld = {
    orders: [],
    open: ({ sealed }) => JSON.parse(seal.unseal(sealed)) as unknown,
    customer: { attributes: CUSTOMER, freshness: 'fresh' },
    schemas: {
      of: () => Promise.resolve(named(FLOW, `flow Enrich customer (${FLOW_ID})`)),
      ofFlow: (id) => Promise.resolve(named(id === OTHER_FLOW_ID ? { properties: { city: {} } } : {}, `flow ${id}`)),
    },
    inspector: attributeInspector({
      readState: (id) => conversationStates(deployment().redis, deployment().keys, PARTITIONS).read(id),
      findCustomer: () => {
        const { customer } = world;
        return customer instanceof Error ? Promise.reject(customer) : Promise.resolve(customer);
      },
      schemas: {
        of: (state, signal) => world.schemas.of(state, signal),
        ofFlow: (id, signal) => world.schemas.ofFlow(id, signal),
      },
      injecting: { target: 'participant', limits: { maxAttributes: 100, maxValueChars: 2000 } },
      inject: async (order) => void world.orders.push(order),
      seal,
      now: () => Date.now(),
    }),
  };
  return world;
}
