// Adding, changing and removing webhook targets, their secrets, and trying one out. Invariants: a target that the guard
// would not let anybody call is not taken; a creation sent again under its Idempotency-Key is the same target, and its
// answer the same answer; each change leaves a line in the log that names the target by its id alone.
import { createHash, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { announcerTo } from '../../sinks/webhooks/announce.ts';
import { problemNow } from '../../sinks/webhooks/checked-agents.ts';
import { webhookMessage } from '../../sinks/webhooks/message.ts';
import { targetGuard, type TargetGuard } from '../../sinks/webhooks/target-guard.ts';
import { keyedRequest } from '../../stores/redis/idempotency.ts';
import { keysFor } from '../../stores/redis/keys.ts';
import { changed, MOST_ENDPOINTS, newEndpoint, newEndpointId, newSecret, rotated, type Endpoint } from '../../stores/webhooks/endpoint.ts'; // prettier-ignore
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';
import { deliveryQueue, tags, unknownEndpoint, webhookStore, type WebhookStore } from './webhooks.ts';
import { changeBodySchema, createBodySchema, createdSchema, endpointViewSchema, idParamsSchema, oldSecretsUntil, removedSchema, rotateBodySchema, rotatedSchema, testedSchema, viewOf, type CreateBody } from './webhooks-schema.ts'; // prettier-ignore

/** For how long a creation that is sent again is known. */
const REMEMBERED_SECONDS = 86_400;
const HOUR_MS = 3_600_000;

interface Changing extends WebhookStore {
  readonly needs: ApiNeeds;
  readonly guard: TargetGuard;
}

const refusals = {
  400: problemResponse('A field is not valid'),
  404: problemResponse('No such target'),
  422: problemResponse('The address may not be called'),
};

export function webhookChangeRoutes(app: App, needs: ApiNeeds): void {
  const { webhookAllow: allow, webhookPorts: ports } = needs.config;
  const changing: Changing = { ...webhookStore(needs), needs, guard: targetGuard({ allow, ports }) };
  createRoute(app, changing);
  changeRoute(app, changing);
  rotateRoute(app, changing);
  removeRoute(app, changing);
  testRoute(app, changing);
}

function createRoute(app: App, changing: Changing): void {
  const { needs, health } = changing;
  const schema = {
    tags,
    summary: 'Add a webhook target; the answer is the only one that holds its secret',
    body: createBodySchema,
    response: { 201: createdSchema, ...refusals, 409: problemResponse('There are as many targets as there may be') },
  };
  app.post('/api/v1/webhooks', { schema }, async (request, reply) => {
    await judgeUrl(request.body.url, changing);
    const endpoint = await create(request, request.body, changing);
    const view = viewOf(endpoint, await health.read(endpoint.id), needs.clock.now());
    needs.log.info({ endpointId: endpoint.id, events: endpoint.events }, 'a webhook target was added');
    const answer = { ...view, secret: endpoint.secrets[0]?.secret ?? '' };
    return reply.code(201).header('cache-control', 'no-store').send(answer);
  });
}

async function create(request: FastifyRequest, body: CreateBody, { needs, registry }: Changing): Promise<Endpoint> {
  const { secret = newSecret(), timeoutMs = needs.config.webhookTimeoutMs, ...settings } = body;
  const id = (await keyedId(request, body, needs)) ?? newEndpointId();
  const endpoint = newEndpoint(id, { ...settings, timeoutMs }, secret, needs.clock.now());
  const added = await registry.add(endpoint);
  if (added === 'full') {
    const detail = `There are ${MOST_ENDPOINTS} webhook targets, as many as there may be: remove one first.`;
    throw new ProblemError(409, 'webhooks_full', detail);
  }
  return added === 'added' ? endpoint : ((await registry.find(id)) ?? endpoint);
}

/** The same key is the same target. */
async function keyedId(request: FastifyRequest, body: CreateBody, { redis, config }: ApiNeeds) {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ProblemError(400, 'idempotency_key_invalid', 'Idempotency-Key: expected 1 to 255 visible characters.');
  }
  const scope = `webhooks\n${key}`;
  const text = JSON.stringify(body);
  const keys = keysFor(config.redisPrefix);
  const keyed = keyedRequest({ redis, keys, key: scope, body: text, rememberedSeconds: REMEMBERED_SECONDS });
  if ((await keyed.claim()) === 'other_body') {
    throw new ProblemError(422, 'idempotency_key_reused', 'This Idempotency-Key came with another body before.');
  }
  return newEndpointId(createHash('sha256').update(scope).digest());
}

function changeRoute(app: App, changing: Changing): void {
  const { needs, registry, health } = changing;
  const schema = {
    tags,
    summary: 'Change a webhook target, or switch it on or off',
    params: idParamsSchema,
    body: changeBodySchema,
    response: { 200: endpointViewSchema, ...refusals },
  };
  app.patch('/api/v1/webhooks/:id', { schema }, async ({ params: { id }, body }, reply) => {
    if (body.url !== undefined) await judgeUrl(body.url, changing);
    const now = needs.clock.now();
    // first, or a failure on its way would find it guilty of the past and switch it off again
    if (body.enabled === true) await health.forgive(id);
    const endpoint = await registry.change(id, (current) => changed(current, given(body), now));
    if (endpoint === undefined) throw unknownEndpoint();
    needs.log.info({ endpointId: id, changed: Object.keys(body), enabled: endpoint.enabled }, 'a webhook target was changed'); // prettier-ignore
    return reply.header('cache-control', 'no-store').send(viewOf(endpoint, await health.read(id), now));
  });
}

function rotateRoute(app: App, { needs, registry }: Changing): void {
  const schema = {
    tags,
    summary: 'Give a webhook target a new secret; the old one signs too for a while',
    params: idParamsSchema,
    body: rotateBodySchema,
    response: { 200: rotatedSchema, ...refusals },
  };
  app.post('/api/v1/webhooks/:id/rotate-secret', { schema }, async ({ params: { id }, body }, reply) => {
    const { secret = newSecret(), overlapHours } = body;
    const now = needs.clock.now();
    const endpoint = await registry.change(id, (current) => rotated(current, secret, overlapHours * HOUR_MS, now));
    if (endpoint === undefined) throw unknownEndpoint();
    needs.log.info({ endpointId: id, overlapHours }, 'a webhook target was given a new secret');
    const answer = { id, secret, oldSecretsUntil: oldSecretsUntil(endpoint, now) };
    return reply.header('cache-control', 'no-store').send(answer);
  });
}

function removeRoute(app: App, { needs, registry }: Changing): void {
  const schema = {
    tags,
    summary: 'Remove a webhook target; what is on its way to it is dropped',
    params: idParamsSchema,
    response: { 200: removedSchema, 400: refusals[400], 404: refusals[404] },
  };
  app.delete('/api/v1/webhooks/:id', { schema }, async ({ params: { id } }, reply) => {
    if (!(await registry.remove(id))) throw unknownEndpoint();
    needs.log.info({ endpointId: id }, 'a webhook target was removed');
    return reply.send({ id });
  });
}

function testRoute(app: App, { needs, registry }: Changing): void {
  const { clock, seal, config } = needs;
  const schema = {
    tags,
    summary: 'Send a message of kind `test` to a webhook target, whether it is enabled or not; it is tried once',
    params: idParamsSchema,
    response: { 202: testedSchema, 400: refusals[400], 404: refusals[404] },
  };
  app.post('/api/v1/webhooks/:id/test', { schema }, async ({ params: { id } }, reply) => {
    if ((await registry.find(id)) === undefined) throw unknownEndpoint();
    const attempts = config.webhookRetries + 1;
    const announcer = announcerTo({ registry, queue: deliveryQueue(needs), seal, attempts });
    const message = webhookMessage('test', { traceId: randomUUID(), at: clock.now() }, { endpointId: id });
    await announcer.send(id, message);
    return reply.code(202).send({ id, messageId: message.messageId });
  });
}

async function judgeUrl(url: string, { guard }: Changing): Promise<void> {
  const problem = await problemNow(new URL(url), guard);
  if (problem !== undefined) throw new ProblemError(422, 'webhook_target_refused', `url: ${problem}.`);
}

/** A field that is left out is not a field that is undefined. */
const given = <T extends object>(body: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
