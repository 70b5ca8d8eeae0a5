// The attribute inspector over HTTP: what enrichment would do to a conversation, and doing it. Invariants: GET changes
// nothing; the answer holds a customer's data, so it is kept by nobody on the way and no part of it is logged.
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { inspectionSchema } from '../../domain/enrichment/inspect.ts';
import type { AttributeInspector, InspectOptions } from '../../enrichment/inspector.ts';
import { Failure, Throttled } from '../../runtime/errors.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse, sendProblem } from '../problem.ts';
import { inspectionQuerySchema, inspectionSentSchema } from './inspection-schema.ts';

const PATH = '/api/v1/conversations/:id/attributes/inspection';
/** A look-up of the CRM (5 s) and a reading of the platform (15 s) go side by side. */
const WITHIN_MS = 17_000;

const asked = {
  tags: ['Conversations'],
  params: z.object({ id: z.string().min(1).max(64) }),
  querystring: inspectionQuerySchema,
};
const refusals = {
  400: problemResponse('A parameter is not valid'),
  404: problemResponse('Nothing is remembered of the conversation'),
  422: problemResponse('It cannot be done as things stand: no schema, no permission, nothing to send'),
  503: problemResponse('Enrichment is off here, or the CRM or the platform does not answer now'),
};

export function inspectionRoutes(app: App, { inspector }: ApiNeeds): void {
  const summary = 'What enrichment would put onto the conversation, key by key; changes nothing';
  const look = { ...asked, summary, response: { 200: inspectionSchema, ...refusals } };
  app.get(PATH, { schema: look, handlerTimeout: 2 * WITHIN_MS }, ({ params, query }, reply) =>
    answer(reply, 200, inspector, (one) => one.look(params.id, within(query.flowId))),
  );

  const send = { ...asked, summary: 'Put it there, by way of the injection’s queue', response: { 202: inspectionSentSchema, ...refusals } }; // prettier-ignore
  app.post(PATH, { schema: send, handlerTimeout: 2 * WITHIN_MS }, ({ params, query }, reply) =>
    answer(reply, 202, inspector, (one) => one.send(params.id, within(query.flowId))),
  );
}

const within = (flowId: string | undefined): InspectOptions => ({ flowId, signal: AbortSignal.timeout(WITHIN_MS) });

async function answer<T>(
  reply: FastifyReply,
  status: number,
  inspector: AttributeInspector | undefined,
  ask: (inspector: AttributeInspector) => Promise<T | undefined>,
) {
  if (inspector === undefined) {
    throw new ProblemError(503, 'enrichment_off', 'Set THROUGHLINE_ENRICHMENT to on, and the platform’s credentials, for the API process too.'); // prettier-ignore
  }
  try {
    const found = await ask(inspector);
    if (found !== undefined) return await reply.code(status).header('cache-control', 'no-store').send(found);
  } catch (error) {
    return refused(error, reply);
  }
  throw new ProblemError(404, 'conversation_unknown', 'Nothing is remembered of a conversation of this id.');
}

/** A failure's words name settings and permissions, never data. */
function refused(error: unknown, reply: FastifyReply) {
  if (!(error instanceof Failure)) throw error;
  const { kind, code, message } = error;
  if (kind === 'interrupted') {
    return sendProblem(reply, 503, 'timeout', 'The CRM or the platform did not answer in time.');
  }
  if (kind === 'poison' || kind === 'fatal') return sendProblem(reply, 422, code, message);
  const seconds = error instanceof Throttled ? Math.ceil(error.retryAfterMs / 1000) : 2;
  return sendProblem(reply.header('retry-after', String(Math.max(1, seconds))), 503, code, message);
}
