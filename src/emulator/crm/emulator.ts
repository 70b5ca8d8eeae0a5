// The emulated CRM: takes batches of records, remembers what it was sent, and misbehaves when asked to.
// Invariant: what it counts is what it did; records are kept in memory only and never logged.
import { setTimeout as delay } from 'node:timers/promises';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { listen, type Listening } from '../listen.ts';
import { Batches, recordIdsOf, refusal, type BatchAnswer, type BatchTotals } from './batches.ts';
import { customerRoutes, type CrmCustomers } from './customers.ts';
import { createFaults, faultSchema, type Fault, type Faults } from './faults.ts';
import { createRecordStore, type RecordStore } from './record-store.ts';
import { dynamicsRoutes } from './vendors/dynamics.ts';
import { hubspotRoutes } from './vendors/hubspot.ts';
import { salesforceRoutes } from './vendors/salesforce.ts';
import { signInRoutes } from './vendors/sign-in.ts';
import { createVendor, htmlPage, type Vendor, type VendorOptions } from './vendors/vendor.ts';

export interface CrmEmulatorOptions {
  readonly host?: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly maxRecords?: number;
  readonly maxKeys?: number;
  readonly vendors?: VendorOptions;
  /** Of the contact centre whose customers it knows. */
  readonly seed?: number;
}

export interface CrmTotals extends BatchTotals {
  readonly requests: number;
  /** Different records ever seen. */
  readonly distinct: number;
  /** Answers given, by status. */
  readonly answers: Readonly<Record<string, number>>;
}

export interface CrmEmulator extends Listening {
  readonly faults: Faults;
  readonly records: RecordStore;
  readonly customers: CrmCustomers;
  /** What Salesforce, HubSpot and Dynamics 365 would hold. */
  readonly vendor: Vendor;
  totals(): CrmTotals;
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 16 * 1024 * 1024;
/** Some 1 KB each. */
const MAX_RECORDS = 50_000;
/** Some 3 KB each, with the answer to a batch of 50. */
const MAX_KEYS = 10_000;

const bodySchema = z.object({ records: z.array(z.unknown()).min(1).max(10_000) });
const keySchema = z.string().min(1).max(255);

export async function startCrmEmulator(options: CrmEmulatorOptions): Promise<CrmEmulator> {
  const app = fastify({ logger: false, bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true });
  const records = createRecordStore(options.maxRecords ?? MAX_RECORDS);
  const batches = new Batches(records, options.maxKeys ?? MAX_KEYS);
  const faults = createFaults();
  const vendor = createVendor(options.vendors ?? {}, faults, options.maxRecords ?? MAX_RECORDS);
  const answers: Record<string, number> = {};
  let requests = 0;
  const totals = (): CrmTotals => ({
    requests,
    ...batches.totals(),
    distinct: records.distinct(),
    answers: { ...answers },
  });

  app.addHook('onResponse', async (request, reply) => {
    if (request.url !== '/records') return;
    answers[reply.statusCode] = (answers[reply.statusCode] ?? 0) + 1;
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ code: 'bad_request', message: error.message }),
  );
  app.post('/records', async (request, reply) => {
    requests += 1;
    return takeBatch(request, reply, { batches, faults });
  });
  ledgerRoutes(app, { records, faults, vendor, totals });
  faultRoutes(app, faults);
  const customers = customerRoutes(app, options.seed ?? 1);
  for (const routes of [signInRoutes, salesforceRoutes, hubspotRoutes, dynamicsRoutes]) routes(app, vendor);
  const listening = await listen(app, options.host ?? '127.0.0.1', options.port);
  return { ...listening, faults, records, customers, vendor, totals, close: () => app.close() };
}

interface Taking {
  readonly batches: Batches;
  readonly faults: Faults;
}

async function takeBatch(request: FastifyRequest, reply: FastifyReply, taking: Taking): Promise<FastifyReply> {
  const key = keySchema.safeParse(request.headers['idempotency-key']);
  if (!key.success) {
    return send(reply, refusal(400, 'idempotency_key_required', 'The Idempotency-Key header is missing or too long'));
  }
  const body = bodySchema.safeParse(request.body);
  if (!body.success) {
    return send(reply, refusal(400, 'invalid_body', 'The body must be {"records": [...]} with 1 to 10000 records'));
  }
  const { records } = body.data;
  const fault = taking.faults.take(recordIdsOf(records));
  if (fault?.html === true) return htmlPage(reply, fault.status);
  const answer = refusedBy(fault) ?? taking.batches.take(key.data, records, fault);
  if (fault !== undefined && fault.delayMs > 0) await delay(fault.delayMs);
  if (fault !== undefined) retryAfter(reply, fault);
  return send(reply, answer);
}

const REFUSALS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  302: ['moved', 'It is elsewhere'],
  400: ['bad_request', 'The batch was refused'],
  401: ['unauthorized', 'Who are you?'],
  409: ['conflict', 'Somebody else changed a record of the batch'],
  412: ['precondition_failed', 'Somebody else changed a record of the batch'],
  429: ['too_many_requests', 'Too many requests'],
  500: ['internal_error', 'Something went wrong'],
  503: ['unavailable', 'Down for maintenance'],
};

function refusedBy(fault: Fault | undefined): BatchAnswer | undefined {
  const words = fault === undefined ? undefined : REFUSALS[fault.status];
  return fault === undefined || words === undefined ? undefined : refusal(fault.status, ...words);
}

function retryAfter(reply: FastifyReply, { status, retryAfterSeconds }: Fault): void {
  const seconds = retryAfterSeconds ?? (status === 429 ? 1 : undefined);
  if (seconds !== undefined) reply.header('Retry-After', seconds);
}

function send(reply: FastifyReply, { status, body, replayed }: BatchAnswer): FastifyReply {
  if (replayed) reply.header('Idempotent-Replayed', 'true');
  return reply.code(status).send(body);
}

interface LedgerContext {
  readonly records: RecordStore;
  readonly faults: Faults;
  readonly vendor: Vendor;
  readonly totals: () => CrmTotals;
}

const ledgerQuery = z.object({ records: z.stringbool().default(false) });

function ledgerRoutes(app: FastifyInstance, { records, faults, vendor, totals }: LedgerContext): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/ledger', (request) => ({
    totals: totals(),
    pendingFaults: faults.pending(),
    vendorRows: vendor.rows.counts(),
    ...(ledgerQuery.safeParse(request.query).data?.records === true
      ? { records: records.all().map(({ record, updates }) => versionOf(record.recordId, record.version, updates)) }
      : {}),
  }));
  app.get<{ Params: { recordId: string } }>('/records/:recordId', (request, reply) => {
    const stored = records.find(request.params.recordId);
    if (stored === undefined) return reply.code(404).send({ code: 'not_found', message: 'No such record' });
    return reply.send(stored);
  });
}

const versionOf = (recordId: string, version: number, updates: number): Record<string, unknown> => ({
  recordId,
  version,
  updates,
});

function faultRoutes(app: FastifyInstance, faults: Faults): void {
  app.post('/faults', (request, reply) => {
    const fault = faultSchema.safeParse(request.body);
    if (!fault.success) {
      const [issue] = fault.error.issues;
      const message = `Invalid fault: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
      return reply.code(400).send({ code: 'invalid_fault', message });
    }
    if (!faults.add(fault.data)) return reply.code(409).send({ code: 'too_many', message: 'Too many faults wait' });
    return reply.send({ pending: faults.pending() });
  });
  app.delete('/faults', (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });
}
