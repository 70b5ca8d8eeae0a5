// POST /v1/events: envelopes by HTTP, into the same partition logs as the stream. Invariants: `accepted` is said only of
// what its log holds; a request repeated under its key appends nothing twice, even when its first answer was lost.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { entries } from '../../config/entries.ts';
import { REMEMBERED_SECONDS } from '../../partitions/append.ts';
import { keyedRequest, type KeyedRequest } from '../../stores/redis/idempotency.ts';
import { keysFor } from '../../stores/redis/keys.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse, problemSchema, sendProblem } from '../problem.ts';
import { EVENTS_LIMIT, itemsOf, judge, type Judged } from './events-items.ts';
import { eventsAnswerSchema, eventsBodySchema, eventsHeadersSchema, type EventsAnswer } from './events-schema.ts';

const LINES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];
const KEY = /^[\x21-\x7e]{1,255}$/;
const ANSWER_WITHIN_MS = 8000;

/** Seconds: workers free a log within them; memory takes longer. */
const RETRY_AFTER = { log_full: 2, redis_full: 10 } as const;

const answers = (description: string) => ({
  description,
  content: { 'application/json': { schema: eventsAnswerSchema } },
});

const schema = {
  tags: ['Events'],
  summary: 'Take conversation events: one, a list, or one a line; each is answered for itself',
  security: [{ eventsToken: [] }],
  consumes: ['application/json', ...LINES],
  headers: eventsHeadersSchema,
  body: eventsBodySchema,
  response: {
    202: answers('All are in their partition’s log'),
    207: answers('Some are, the others are rejected'),
    400: problemResponse('The body or a header cannot be read'),
    401: problemResponse('Not the token'),
    403: problemResponse('No token is set: events are not taken'),
    413: problemResponse('Too many bytes, or too many events'),
    422: {
      description: 'All are rejected; or, as a problem, the Idempotency-Key came with another body before',
      content: {
        'application/json': { schema: eventsAnswerSchema },
        'application/problem+json': { schema: problemSchema },
      },
    },
    429: problemResponse('The workers are behind: send it again after Retry-After'),
    503: problemResponse('Redis cannot be reached or is nearly full: send it again after Retry-After'),
  },
};

export async function eventsRoutes(app: App, needs: ApiNeeds): Promise<void> {
  await app.register(async (scope) => {
    // the text itself: a key is good for these very bytes, and a bad line must not spoil the others
    scope.removeContentTypeParser('application/json');
    scope.addContentTypeParser(['application/json', ...LINES], { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    const options = {
      schema,
      config: { open: true },
      handlerTimeout: ANSWER_WITHIN_MS,
      onRequest: askForToken(needs.config.eventsToken),
      // documented above, judged event by event below
      validatorCompiler: () => (value: unknown) => ({ value }),
    };
    scope.post('/v1/events', options, (request, reply) => takeEvents(request, reply, needs));
  });
}

function askForToken(token: string | undefined) {
  const expected = token === undefined ? undefined : digest(token);
  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (expected === undefined) {
      return sendProblem(reply, 403, 'events_off', `Events are not taken: set ${entries.eventsToken.env}.`);
    }
    const [, given = ''] = /^bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (timingSafeEqual(digest(given), expected)) return undefined;
    const detail = `Send “Authorization: Bearer” with the token of ${entries.eventsToken.env}.`;
    return sendProblem(reply, 401, given === '' ? 'token_missing' : 'wrong_token', detail);
  };
}

/** Equal lengths are what a constant-time comparison needs. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

async function takeEvents(request: FastifyRequest, reply: FastifyReply, needs: ApiNeeds) {
  const body: unknown = request.body;
  const text = typeof body === 'string' ? body : '';
  const judged = judgeBody(text, request, needs);
  const keyed = keyOf(request, text, needs);
  const claim = await keyed?.claim();
  if (claim === 'other_body') {
    throw new ProblemError(422, 'idempotency_key_reused', 'This Idempotency-Key came with another body before.');
  }
  if (claim === 'repeated') return answer(reply.header('idempotent-replayed', 'true'), judged.answer);
  if (judged.events.length > 0) {
    const refused = await refuseWhenFull(reply, needs);
    if (refused) return reply;
    await append(judged, keyed, needs);
  }
  await keyed?.done();
  measure(judged, needs);
  return answer(reply, judged.answer);
}

function judgeBody(text: string, request: FastifyRequest, { config, clock }: ApiNeeds): Judged {
  const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const items = itemsOf(text, LINES.includes(type.trim()));
  if (items === undefined || items.length === 0) {
    throw new ProblemError(400, 'body_not_json', 'Send an event, a list of events, or one a line as x-ndjson.');
  }
  if (items.length > EVENTS_LIMIT) {
    throw new ProblemError(413, 'too_many_events', `A request may hold ${EVENTS_LIMIT} events at most.`);
  }
  return judge(items, clock.now(), config.ingestMaxFrameBytes);
}

function keyOf(request: FastifyRequest, body: string, { redis, config }: ApiNeeds): KeyedRequest | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new ProblemError(400, 'idempotency_key_invalid', 'Idempotency-Key: expected 1 to 255 visible characters.');
  }
  return keyedRequest({ redis, keys: keysFor(config.redisPrefix), key, body, rememberedSeconds: REMEMBERED_SECONDS });
}

async function refuseWhenFull(reply: FastifyReply, { events }: ApiNeeds): Promise<boolean> {
  const room = await events.room();
  if (room === 'free') return false;
  reply.header('retry-after', String(RETRY_AFTER[room]));
  if (room === 'log_full') {
    sendProblem(reply, 429, 'log_full', 'A partition’s log is full: the workers are behind.', { title: 'Slow down' });
  } else {
    sendProblem(reply, 503, 'redis_full', 'Redis is nearly full: nothing is taken until work drains.');
  }
  return true;
}

/** By the key’s name, so that the logs themselves know a repeat whose first answer nobody has seen. */
async function append({ events }: Judged, keyed: KeyedRequest | undefined, needs: ApiNeeds): Promise<void> {
  await needs.events.appender.append(events, keyed && { writer: `key-${keyed.digest}`, number: 1 });
}

function measure({ answer: { accepted, items } }: Judged, { metrics }: ApiNeeds): void {
  if (accepted > 0) metrics.count('throughline_ingest_frames_total', { kind: 'envelope' }, accepted);
  for (const { code } of items) if (code) metrics.count('throughline_ingest_refused_total', { reason: code });
}

function answer(reply: FastifyReply, told: EventsAnswer) {
  const status = told.rejected === 0 ? 202 : told.accepted === 0 ? 422 : 207;
  return reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(told);
}
