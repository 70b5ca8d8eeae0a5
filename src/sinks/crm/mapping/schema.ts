// What a mapping file may say: how records reach this CRM and what its answers mean. Invariant: every bound of a call is
// here with the vendor's own number; secrets are settings, never in this file.
import { z } from 'zod';
import { templatesSchema } from './template.ts';
import { transformSchema } from './transforms.ts';

const name = z.string().regex(/^\w{1,100}$/, 'must be letters, digits and underscores');
const answerPath = z.string().max(255);
const path = z
  .string()
  .max(2048)
  .regex(/^(|\/[\w.~!$&'()*+,;=:@%/?-]*)$/, 'must be empty or start with "/"; THROUGHLINE_CRM_URL comes before it');

/** Names that the sink itself sets. */
const RESERVED_HEADERS = new Set([
  'authorization',
  'content-type',
  'content-length',
  'host',
  'transfer-encoding',
  'connection',
]);

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be a header’s name');
export const headersSchema = z
  .record(
    headerName,
    z
      .string()
      .max(1024)
      .regex(/^[\x20-\x7E]*$/, 'must be printable ASCII'),
  )
  .superRefine((given, context) => {
    for (const header of Object.keys(given)) {
      if (RESERVED_HEADERS.has(header.toLowerCase()))
        context.addIssue({ code: 'custom', path: [header], message: 'is set by the sink itself (see "auth")' });
    }
  });

export const authSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('bearer') }),
  z.strictObject({ type: z.literal('basic') }),
  z.strictObject({
    type: z.literal('oauth2'),
    /** An address, or a path under THROUGHLINE_CRM_URL. */
    tokenUrl: z.union([z.url({ protocol: /^https?$/ }), path.min(1)], {
      error: 'must be an http:// or https:// address, or a path that starts with "/"',
    }),
    scope: z.string().max(1024).optional(),
    /** Where the id and secret go: the form, or a Basic header. */
    credentialsIn: z.enum(['body', 'header']).default('body'),
  }),
]);
export type Auth = z.output<typeof authSchema>;

/** What the settings hold, beside the file. */
export interface Credentials {
  readonly token: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/** What an auth of this type cannot do without. */
export const neededCredentials: Readonly<Record<Auth['type'], readonly (keyof Credentials)[]>> = {
  none: [],
  bearer: ['token'],
  basic: ['clientId', 'clientSecret'],
  oauth2: ['clientId', 'clientSecret'],
};

/** An exact status, a class (`4xx`), or a code of the CRM's own. */
const outcomeNames = z.array(
  z.union([z.number().int().min(100).max(599).transform(String), z.string().min(1).max(64)]),
);

const answer = z.strictObject({
  /** An entry for each record. */
  results: answerPath.nullable().default('results'),
  /** An entry for each record that failed; looked at where there are no results. */
  errors: answerPath.nullable().default('errors'),
  /** Within an entry: what names the record by its `recordId`, or by its place in the batch. */
  id: answerPath.default('recordId'),
  index: answerPath.default('index'),
  status: answerPath.default('status'),
  success: answerPath.default('success'),
  code: answerPath.default('code'),
  outcomes: z
    .strictObject({
      done: outcomeNames.default(['2xx']),
      retry: outcomeNames.default(['408', '409', '412', '423', '425', '429', '5xx']),
      reject: outcomeNames.default(['4xx']),
      /** A failure that is none of these: tried a few rounds, or set aside at once. */
      otherwise: z.enum(['retry', 'reject']).default('retry'),
    })
    .prefault({}),
});
export type AnswerRules = z.output<typeof answer>;

const common = {
  headers: headersSchema.default({}),
  /** Absent: the records as the pipeline has them. */
  records: templatesSchema.optional(),
};

/** Most records of any call: what the batch setting allows too. */
const MOST = 10_000;

export const httpMapping = z.strictObject({
  kind: z.literal('http'),
  ...common,
  /** Absent: bearer where THROUGHLINE_CRM_TOKEN is set. */
  auth: authSchema.optional(),
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
  path: path.default(''),
  /** The records' place in the body; null: the body is the bare array. */
  wrap: z.string().min(1).max(100).nullable().default('records'),
  /** Beside the records. */
  body: z.record(z.string().max(100), z.json()).default({}),
  /** null: the CRM knows none. */
  idempotencyHeader: headerName.nullable().default('Idempotency-Key'),
  maxRecords: z.number().int().min(1).max(MOST).default(MOST),
  answer: answer.prefault({}),
});
export type HttpMapping = z.output<typeof httpMapping>;

const vendor = { ...common, records: templatesSchema };

/** 200: "The list can contain up to 200 objects" of sObject collections. */
export const SALESFORCE_RECORDS = 200;
export const salesforceMapping = z.strictObject({
  kind: z.literal('salesforce'),
  ...vendor,
  auth: authSchema.default({ type: 'oauth2', tokenUrl: '/services/oauth2/token', credentialsIn: 'body' }),
  apiVersion: z
    .string()
    .regex(/^\d{2,3}\.0$/, 'must look like 61.0')
    .default('61.0'),
  object: name,
  /** Takes the record's `recordId`: text, unique, external id, 160 characters. */
  externalIdField: name,
});
export type SalesforceMapping = z.output<typeof salesforceMapping>;

/** 100: inputs of a CRM object batch. */
export const HUBSPOT_RECORDS = 100;
export const hubspotMapping = z.strictObject({
  kind: z.literal('hubspot'),
  ...vendor,
  auth: authSchema.default({ type: 'bearer' }),
  objectType: z.string().regex(/^[\w-]{1,100}$/, 'must be an object type, such as p_conversations or 2-1234'),
  /** A property with unique values; takes the record's `recordId`. */
  idProperty: name,
});
export type HubspotMapping = z.output<typeof hubspotMapping>;

/** 1,000: requests of one `$batch`. */
export const DYNAMICS_RECORDS = 1000;
export const dynamicsMapping = z
  .strictObject({
    kind: z.literal('dynamics'),
    ...vendor,
    auth: authSchema,
    apiVersion: z
      .string()
      .regex(/^9\.\d$/, 'must look like 9.2')
      .default('9.2'),
    entitySet: name,
    /** The alternate key; takes the record's `recordId`. `/`, `:` and the like cannot stand in one: replace them. */
    key: z.strictObject({
      attribute: name,
      transform: z
        .array(transformSchema)
        .max(10)
        .default([{ replace: { '/': '_', ':': '_' } }]),
    }),
    /** upsert; update (If-Match: *) never creates; create (If-None-Match: *) never overwrites. */
    write: z.enum(['upsert', 'update', 'create']).default('upsert'),
    /** true: one change set, all or nothing; a refused one is split until the bad record stands alone. */
    atomic: z.boolean().default(false),
  })
  .refine(({ write, atomic }) => !(atomic && write === 'create'), {
    path: ['atomic'],
    message: 'goes with "upsert" and "update" only: one row that exists already would hold back a whole change set',
  });
export type DynamicsMapping = z.output<typeof dynamicsMapping>;

export const mappingSchema = z.discriminatedUnion('kind', [
  httpMapping,
  salesforceMapping,
  hubspotMapping,
  dynamicsMapping,
]);
export type Mapping = z.output<typeof mappingSchema>;

/** Today's contract: `{"records": [...]}` under an Idempotency-Key. */
export const defaultMapping: Mapping = httpMapping.parse({ kind: 'http' });

/** Records that one call takes. */
export function maxRecordsOf(mapping: Mapping): { readonly records: number; readonly because: string } {
  switch (mapping.kind) {
    case 'http':
      return { records: mapping.maxRecords, because: 'the mapping’s maxRecords' };
    case 'salesforce':
      return { records: SALESFORCE_RECORDS, because: 'Salesforce takes no more in one sObject collection' };
    case 'hubspot':
      return { records: HUBSPOT_RECORDS, because: 'HubSpot takes no more inputs in one batch' };
    default:
      return { records: DYNAMICS_RECORDS, because: 'Dynamics 365 takes no more requests in one $batch' };
  }
}
