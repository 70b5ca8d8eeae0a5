// The customers of the emulated CRM: the contact centre's own, so that whoever calls, writes or mails is found. Invariant:
// a pure function of the seed; asked by one of phone, e-mail and external contact; misbehaves when told to.
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { createCentre, type Customer } from '../centre/centre.ts';
import { createRandom, seedOf } from '../random.ts';
import {
  createCustomerFaults,
  customerFaultSchema,
  type CustomerFault,
  type CustomerFaults,
} from './customer-faults.ts';
import { htmlPage } from './vendors/vendor.ts';

export interface CustomerTotals {
  readonly lookups: number;
  readonly found: number;
}

export interface CrmCustomers {
  readonly faults: CustomerFaults;
  totals(): CustomerTotals;
}

type Fields = Readonly<Record<string, unknown>>;

const asked = ['externalContactId', 'phone', 'email'] as const;
const query = z.object(Object.fromEntries(asked.map((name) => [name, z.string().min(1).max(320).optional()])));

const DAY_MS = 86_400_000;
const OPENED = Date.UTC(2019, 0, 1);

export function customerRoutes(app: FastifyInstance, seed: number): CrmCustomers {
  const faults = createCustomerFaults();
  const byIdentifier = indexed(seed);
  const totals = { lookups: 0, found: 0 };
  app.get('/customers', async (request, reply) => {
    totals.lookups += 1;
    const given = query.safeParse(request.query);
    const [[name, value] = [], ...more] = Object.entries(given.data ?? {}).filter(([, one]) => one !== undefined);
    if (name === undefined || more.length > 0) {
      return reply.code(400).send({ code: 'bad_request', message: `Ask by one of ${asked.join(', ')}` });
    }
    const fault = faults.take();
    if (fault !== undefined && fault.delayMs > 0) await delay(fault.delayMs);
    if (fault !== undefined && fault.status !== 200) return refuse(reply, fault);
    if (fault?.answer === 'html') return htmlPage(reply, 200);
    const customer = byIdentifier.get(`${name}:${String(value).toLowerCase()}`);
    if (customer === undefined) return reply.send({ customers: [] });
    totals.found += 1;
    return reply.send({ customers: [toldAs(fault?.answer ?? 'truth', customer)] });
  });
  faultRoutes(app, faults);
  return { faults, totals: () => ({ ...totals }) };
}

function refuse(reply: FastifyReply, { status, retryAfterSeconds }: CustomerFault): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
  return reply.code(status).send({ code: 'refused', message: 'Not now' });
}

function toldAs(answer: CustomerFault['answer'], customer: Fields): Fields {
  if (answer === 'wrong-types') return { ...customer, openCases: 'several', isVip: 'banana', customerSince: 'long ago', accountId: { number: 7 } }; // prettier-ignore
  if (answer !== 'many-attributes') return customer;
  const more = Array.from({ length: 500 }, (_, n) => [`custom_${n}`, `value ${n}`] as const);
  return { ...customer, ...Object.fromEntries(more) };
}

/** Each customer under all that it can be asked by. */
function indexed(seed: number): ReadonlyMap<string, Fields> {
  const random = createRandom(seedOf('crm customers', seed));
  return new Map(
    createCentre(seed).customers.flatMap((customer) => {
      const fields = fieldsOf(customer, random.between(0, 4), random.between(0, 2400));
      return asked.map((name) => [`${name}:${customer[name].toLowerCase()}`, fields] as const);
    }),
  );
}

const fieldsOf = ({ accountId, tier, city }: Customer, openCases: number, days: number): Fields => ({
  accountId,
  tier,
  city,
  language: days % 4 === 0 ? null : 'en-US',
  openCases,
  isVip: tier === 'gold',
  customerSince: new Date(OPENED + days * DAY_MS).toISOString().slice(0, 10),
  lastContactAt: new Date(OPENED + (days + 30) * DAY_MS + days * 60_000).toISOString(),
  lifetimeValue: openCases * 1250.5 + days,
});

function faultRoutes(app: FastifyInstance, faults: CustomerFaults): void {
  app.post('/customers/faults', (request, reply) => {
    const fault = customerFaultSchema.safeParse(request.body);
    if (!fault.success) {
      const [issue] = fault.error.issues;
      const message = `Invalid fault: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
      return reply.code(400).send({ code: 'invalid_fault', message });
    }
    if (!faults.add(fault.data)) return reply.code(409).send({ code: 'too_many', message: 'Too many faults wait' });
    return reply.code(204).send();
  });
  app.delete('/customers/faults', (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });
}
