// Salesforce's sObject collections, upserted by external id, as its REST API guide describes them. Invariant: at most 200
// records of the one type the address names; each is answered in its place, and a call over the limit changes nothing.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../faults.ts';
import { bearerOf, htmlPage, type Vendor } from './vendor.ts';

const MAX_RECORDS = 200;
const DAY_MS = 86_400_000;

const bodySchema = z.object({
  allOrNone: z.boolean().default(false),
  records: z.array(z.looseObject({ attributes: z.looseObject({ type: z.string() }) })).min(1),
});
type SObject = z.output<typeof bodySchema>['records'][number];
type Params = { readonly Params: { readonly version: string; readonly object: string; readonly field: string } };

interface UpsertResult {
  readonly id?: string;
  readonly success: boolean;
  readonly created?: boolean;
  readonly errors: readonly { readonly statusCode: string; readonly message: string; readonly fields: string[] }[];
}

export function salesforceRoutes(app: FastifyInstance, vendor: Vendor): void {
  app.patch<Params>('/services/data/:version/composite/sobjects/:object/:field', (request, reply) =>
    upsert(request, reply, vendor),
  );
}

async function upsert(request: FastifyRequest<Params>, reply: FastifyReply, vendor: Vendor): Promise<FastifyReply> {
  if (!vendor.tokens.holds(bearerOf(request)))
    return refuse(reply, 401, 'INVALID_SESSION_ID', 'Session expired or invalid');
  if (vendor.windows.take('salesforce', vendor.limits.salesforceDaily, DAY_MS) > 0) return limitReached(reply);
  const body = bodySchema.safeParse(request.body);
  if (!body.success) return refuse(reply, 400, 'JSON_PARSER_ERROR', 'The request body is not a collection of records');
  const { records, allOrNone } = body.data;
  const { object, field } = request.params;
  if (records.length > MAX_RECORDS)
    return refuse(reply, 400, 'EXCEEDED_ID_LIMIT', `cannot submit more than ${MAX_RECORDS} records into this call`);
  const unknown = records.map((record) => vendor.unknownField(object, fieldsOf(record))).find(Boolean);
  if (unknown !== undefined)
    return refuse(reply, 400, 'INVALID_FIELD', `No such column '${unknown}' on sobject of type ${object}`);
  const ids = records.map((record) => textOf(record[field]));
  const fault = vendor.faults.take(ids);
  if (fault?.html === true) return htmlPage(reply, fault.status);
  if (fault !== undefined && fault.status >= 400) return refusedBy(reply, fault);
  const errors = records.map((record, index) => problemOf(record, ids, index, request.params, fault));
  const rollBack = allOrNone && errors.some((error) => error !== undefined);
  const results = records.map((record, index): UpsertResult => {
    const error = errors[index] ?? (rollBack ? failed('ALL_OR_NONE_OPERATION_ROLLED_BACK') : undefined);
    if (error !== undefined) return error;
    const id = ids[index] ?? '';
    const outcome = vendor.rows.upsert(`salesforce/${object}`, id, fieldsOf(record));
    return {
      id: Buffer.from(id).toString('hex').slice(0, 18),
      success: true,
      errors: [],
      created: outcome === 'created',
    };
  });
  if (fault !== undefined && fault.delayMs > 0) await delay(fault.delayMs);
  return reply.send(results);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const fieldsOf = (record: SObject): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== 'attributes'));

function problemOf(
  record: SObject,
  ids: readonly string[],
  index: number,
  { object, field }: Params['Params'],
  fault: Fault | undefined,
): UpsertResult | undefined {
  const id = ids[index] ?? '';
  if (id === '') return failed('MISSING_ARGUMENT', `${field} not specified`);
  if (record.attributes.type !== object) return failed('INVALID_TYPE', `must be of type ${object}`);
  if ('Id' in record || 'id' in record) return failed('INVALID_FIELD_FOR_INSERT_UPDATE', 'the id may not be given');
  if (ids.indexOf(id) !== index) return failed('DUPLICATE_VALUE', 'Duplicate external id specified');
  if (fault?.status !== 207 || !(fault.failRecordIds ?? ids.slice(0, 1)).includes(id)) return undefined;
  return fault.recordStatus === 422
    ? failed('STRING_TOO_LONG', 'data value too large')
    : failed('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record');
}

const failed = (statusCode: string, message = statusCode): UpsertResult => ({
  success: false,
  errors: [{ statusCode, message, fields: [] }],
});

function refusedBy(reply: FastifyReply, { status, retryAfterSeconds }: Fault): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
  if (status === 429) return limitReached(reply);
  if (status === 401) return refuse(reply, 401, 'INVALID_SESSION_ID', 'Session expired or invalid');
  if (status === 503) return refuse(reply, 503, 'SERVER_UNAVAILABLE', 'The server is temporarily unavailable');
  return status === 400
    ? refuse(reply, 400, 'JSON_PARSER_ERROR', 'Unexpected character')
    : refuse(reply, status, 'UNKNOWN_EXCEPTION', 'An unexpected error occurred');
}

const limitReached = (reply: FastifyReply): FastifyReply =>
  refuse(reply, 403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');

const refuse = (reply: FastifyReply, status: number, errorCode: string, message: string): FastifyReply =>
  reply.code(status).send([{ message, errorCode }]);
