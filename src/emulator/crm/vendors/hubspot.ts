// HubSpot's batch upsert of CRM objects, as its API reference describes it. Invariant: at most 100 inputs; one bad input
// refuses all, unless every input carries a trace id: then a 207 names the failed ones and takes the rest.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Fault } from '../faults.ts';
import { bearerOf, htmlPage, type Vendor } from './vendor.ts';

const MAX_INPUTS = 100;
const TEN_SECONDS_MS = 10_000;

const inputSchema = z.object({
  id: z.string().min(1),
  idProperty: z.string().min(1),
  properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  objectWriteTraceId: z.string().optional(),
});
const bodySchema = z.object({ inputs: z.array(inputSchema).min(1) });
type Input = z.output<typeof inputSchema>;
type Params = { readonly Params: { readonly type: string } };

export function hubspotRoutes(app: FastifyInstance, vendor: Vendor): void {
  app.post<Params>('/crm/v3/objects/:type/batch/upsert', (request, reply) => upsert(request, reply, vendor));
}

async function upsert(request: FastifyRequest<Params>, reply: FastifyReply, vendor: Vendor): Promise<FastifyReply> {
  if (bearerOf(request) !== vendor.token)
    return refuse(reply, 401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found');
  const waitMs = vendor.windows.take('hubspot', vendor.limits.hubspotTenSeconds, TEN_SECONDS_MS);
  if (waitMs > 0) return limitReached(reply, 'TEN_SECONDLY_ROLLING');
  const body = bodySchema.safeParse(request.body);
  if (!body.success) return refuse(reply, 400, 'VALIDATION_ERROR', 'Invalid input JSON');
  const { inputs } = body.data;
  const problem = problemOfAll(inputs);
  if (problem !== undefined) return refuse(reply, 400, 'VALIDATION_ERROR', problem);
  const { type } = request.params;
  const unknown = inputs.map(({ properties }) => vendor.unknownField(type, properties)).find(Boolean);
  if (unknown !== undefined) return propertyUnknown(reply, unknown);
  const fault = vendor.faults.take(inputs.map(({ id }) => id));
  if (fault?.html === true) return htmlPage(reply, fault.status);
  if (fault !== undefined && fault.status >= 400) return refusedBy(reply, fault);
  const failing = fault?.status === 207 ? (fault.failRecordIds ?? inputs.slice(0, 1).map(({ id }) => id)) : [];
  const bad = inputs.filter(({ id }) => failing.includes(id));
  if (bad.length > 0 && inputs.some(({ objectWriteTraceId }) => objectWriteTraceId === undefined))
    return refuse(reply, 400, 'VALIDATION_ERROR', 'Property values were not valid');
  const good = inputs.filter((input) => !bad.includes(input));
  const results = good.map((input) => taken(input, type, vendor));
  if (fault !== undefined && fault.delayMs > 0) await delay(fault.delayMs);
  // in an order of its own, as the results of the real one are
  const done = { status: 'COMPLETE', results: results.reverse(), startedAt: time(), completedAt: time() };
  if (bad.length === 0) return reply.send(done);
  const errors = bad.map((input) => inputError(input, fault));
  return reply.code(207).send({ ...done, numErrors: errors.length, errors });
}

function problemOfAll(inputs: readonly Input[]): string | undefined {
  if (inputs.length > MAX_INPUTS) return `The maximum batch size is ${MAX_INPUTS}`;
  if (new Set(inputs.map(({ idProperty }) => idProperty)).size > 1) return 'All inputs must have the same idProperty';
  return new Set(inputs.map(({ id }) => id)).size < inputs.length ? 'Duplicate IDs found in batch input' : undefined;
}

function taken({ id, idProperty, properties, objectWriteTraceId }: Input, type: string, vendor: Vendor): object {
  const created = vendor.rows.upsert(`hubspot/${type}`, id, { ...properties, [idProperty]: id }) === 'created';
  return { id: randomUUID(), new: created, properties: { [idProperty]: id }, objectWriteTraceId, updatedAt: time() };
}

const inputError = ({ objectWriteTraceId }: Input, fault: Fault | undefined): object => ({
  status: 'error',
  category: fault?.recordStatus === 422 ? 'VALIDATION_ERROR' : 'CONFLICT',
  message: 'the input was not taken',
  context: { objectWriteTraceId: [objectWriteTraceId] },
});

const time = (): string => new Date().toISOString();

function refusedBy(reply: FastifyReply, { status, retryAfterSeconds }: Fault): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
  return status === 429 ? limitReached(reply, 'DAILY') : refuse(reply, status, 'PROBLEM', 'The request was not taken');
}

const limitReached = (reply: FastifyReply, policyName: string): FastifyReply =>
  reply.code(429).send({
    status: 'error',
    message: `You have reached your ${policyName.toLowerCase()} limit.`,
    errorType: 'RATE_LIMIT',
    correlationId: randomUUID(),
    policyName,
  });

const propertyUnknown = (reply: FastifyReply, name: string): FastifyReply =>
  reply.code(400).send({
    status: 'error',
    message: 'Property values were not valid',
    correlationId: randomUUID(),
    category: 'VALIDATION_ERROR',
    errors: [{ message: `Property "${name}" does not exist`, code: 'PROPERTY_DOESNT_EXIST' }],
  });

const refuse = (reply: FastifyReply, status: number, category: string, message: string): FastifyReply =>
  reply.code(status).send({ status: 'error', message, correlationId: randomUUID(), category });
