// The Dataverse Web API's `$batch`: rows upserted by alternate key, alone or in a change set, as its documentation
// describes them. Invariant: answers in the order of the requests; a change set is taken whole or not at all; without
// `odata.continue-on-error` the first failure ends the batch.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../faults.ts';
import { readRequests, writeAnswers, type OdataAnswer, type OdataRequest } from './odata-requests.ts';
import { bearerOf, htmlPage, type Vendor } from './vendor.ts';

const MAX_REQUESTS = 1000;
const FIVE_MINUTES_MS = 300_000;

export function dynamicsRoutes(app: FastifyInstance, vendor: Vendor): void {
  app.addContentTypeParser('multipart/mixed', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post('/api/data/:version/$batch', (request, reply) => batch(request, reply, vendor));
}

async function batch(request: FastifyRequest, reply: FastifyReply, vendor: Vendor): Promise<FastifyReply> {
  if (!vendor.tokens.holds(bearerOf(request))) return reply.code(401).send();
  const waitMs = vendor.windows.take('dynamics', vendor.limits.dynamicsFiveMinutes, FIVE_MINUTES_MS);
  if (waitMs > 0) return limitReached(reply, Math.ceil(waitMs / 1000));
  const read = readRequests(request.headers['content-type'] ?? '', String(request.body));
  if (read === undefined) return reply.code(400).send(problem('0x0', 'The batch request is not well formed').body);
  const { requests, changeSet } = read;
  if (requests.length > MAX_REQUESTS) return reply.code(400).send(problem('0x0', `over ${MAX_REQUESTS} requests`).body);
  const fault = vendor.faults.take(requests.map(({ key }) => key));
  if (fault?.html === true) return htmlPage(reply, fault.status);
  if (fault !== undefined && fault.status >= 400) return refusedBy(reply, fault);
  const goesOn = /odata\.continue-on-error/.test(String(request.headers['prefer'] ?? ''));
  const answers = changeSet ? together(requests, vendor, fault) : oneByOne(requests, vendor, fault, goesOn);
  if (fault !== undefined && fault.delayMs > 0) await delay(fault.delayMs);
  const firstFailure = answers.find(({ status }) => status >= 400)?.status;
  const { contentType, text } = writeAnswers(answers, changeSet && firstFailure === undefined);
  return reply
    .code(goesOn ? 200 : (firstFailure ?? 200))
    .type(contentType)
    .send(text);
}

function oneByOne(
  requests: readonly OdataRequest[],
  vendor: Vendor,
  fault: Fault | undefined,
  goesOn: boolean,
): OdataAnswer[] {
  const answers: OdataAnswer[] = [];
  for (const request of requests) {
    const refused = refusalOf(request, requests, vendor, fault);
    answers.push(refused ?? written(request, vendor));
    if (refused !== undefined && !goesOn) break;
  }
  return answers;
}

function together(requests: readonly OdataRequest[], vendor: Vendor, fault: Fault | undefined): OdataAnswer[] {
  const refused = requests.map((request) => refusalOf(request, requests, vendor, fault)).find(Boolean);
  return refused === undefined ? requests.map((request) => written(request, vendor)) : [refused];
}

function refusalOf(
  { set, key, headers, body }: OdataRequest,
  all: readonly OdataRequest[],
  vendor: Vendor,
  fault: Fault | undefined,
): OdataAnswer | undefined {
  if (/[/<>*%&:\\?+#]/.test(key)) return problem('0x80060888', 'The key holds a character that is not allowed');
  const unknown = vendor.unknownField(set, body);
  if (unknown !== undefined) {
    return problem('0x80048d19', `An undeclared property '${unknown}' which only has property annotations was found`);
  }
  const exists = vendor.rows.find(`dynamics/${set}`, key) !== undefined;
  if (headers['if-match'] === '*' && !exists) return problem('0x80040217', 'The row does not exist', 404);
  if (headers['if-none-match'] === '*' && exists) return problem('0x80040237', 'A record with matching key values already exists', 412); // prettier-ignore
  if (fault?.status !== 207 || !(fault.failRecordIds ?? [all[0]?.key]).includes(key)) return undefined;
  if (fault.recordStatus === 412) return problem('0x80060882', 'The version of the existing record doesn’t match', 412);
  return fault.recordStatus === 422
    ? problem('0x80044331', 'A validation error occurred: the text is too long')
    : problem('0x80044150', 'Generic SQL error', 500);
}

function written({ set, key, body }: OdataRequest, vendor: Vendor): OdataAnswer {
  vendor.rows.upsert(`dynamics/${set}`, key, body);
  return { status: 204, body: undefined, headers: { 'OData-Version': '4.0', 'OData-EntityId': `/${set}(practice)` } };
}

const problem = (code: string, message: string, status = 400): OdataAnswer => ({
  status,
  body: { error: { code, message } },
  headers: {},
});

function refusedBy(reply: FastifyReply, { status, retryAfterSeconds }: Fault): FastifyReply {
  if (status === 429) return limitReached(reply, retryAfterSeconds ?? 1);
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
  return reply.code(status).send(problem('0x0', 'The request was not taken').body);
}

const limitReached = (reply: FastifyReply, seconds: number): FastifyReply =>
  reply
    .code(429)
    .header('Retry-After', seconds)
    .send(problem('0x80072322', 'Number of requests exceeded the limit over time window of 300 seconds.').body);
