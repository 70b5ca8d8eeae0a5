// The webhook targets: which there are, how their deliveries go, the last of them one by one.
import type { Queue } from 'bullmq';
import { keysFor } from '../../stores/redis/keys.ts';
import type { Endpoint } from '../../stores/webhooks/endpoint.ts';
import { WebhookHealth } from '../../stores/webhooks/health.ts';
import { WebhookRegistry } from '../../stores/webhooks/registry.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';
import {
  CATALOGUE,
  deliveriesQuerySchema,
  deliveriesSchema,
  endpointListSchema,
  endpointViewSchema,
  idParamsSchema,
  viewOf,
  type EndpointView,
} from './webhooks-schema.ts';

export const tags = ['Webhooks'];

const refusals = {
  400: problemResponse('A parameter is not valid'),
  404: problemResponse('No such target'),
};

export interface WebhookStore {
  readonly registry: WebhookRegistry;
  readonly health: WebhookHealth;
}

export function webhookStore({ redis, config, seal }: Pick<ApiNeeds, 'redis' | 'config' | 'seal'>): WebhookStore {
  const { webhooks } = keysFor(config.redisPrefix);
  return { registry: new WebhookRegistry(redis, webhooks, seal), health: new WebhookHealth(redis, webhooks) };
}

export const unknownEndpoint = (): ProblemError =>
  new ProblemError(404, 'webhook_unknown', 'There is no webhook target of this id.');

export function deliveryQueue({ queues }: Pick<ApiNeeds, 'queues'>): Queue {
  const served = queues.find(({ name }) => name === 'deliver-webhooks');
  if (served === undefined) throw new ProblemError(503, 'no_deliveries', 'This process serves no webhooks.');
  return served.queue;
}

export function webhookRoutes(app: App, needs: ApiNeeds): void {
  const store = webhookStore(needs);
  const view = async (endpoint: Endpoint): Promise<EndpointView> =>
    viewOf(endpoint, await store.health.read(endpoint.id), needs.clock.now());
  const found = async (id: string): Promise<Endpoint> => {
    const endpoint = await store.registry.find(id);
    if (endpoint === undefined) throw unknownEndpoint();
    return endpoint;
  };
  listRoutes(app, store, view, found);
  deliveriesRoute(app, store, found);
}

function listRoutes(
  app: App,
  { registry }: WebhookStore,
  view: (endpoint: Endpoint) => Promise<EndpointView>,
  found: (id: string) => Promise<Endpoint>,
): void {
  const list = {
    tags,
    summary: 'The webhook targets, and what they can be told',
    response: { 200: endpointListSchema },
  };
  app.get('/api/v1/webhooks', { schema: list }, async (_request, reply) => {
    const endpoints = await Promise.all((await registry.list()).map(view));
    return reply.header('cache-control', 'no-store').send({ endpoints, events: CATALOGUE });
  });

  const one = {
    tags,
    summary: 'One webhook target',
    params: idParamsSchema,
    response: { 200: endpointViewSchema, ...refusals },
  };
  app.get('/api/v1/webhooks/:id', { schema: one }, async ({ params: { id } }, reply) =>
    reply.header('cache-control', 'no-store').send(await view(await found(id))),
  );
}

function deliveriesRoute(app: App, { health }: WebhookStore, found: (id: string) => Promise<Endpoint>): void {
  const schema = {
    tags,
    summary: 'The last deliveries to a webhook target; nothing of what was sent',
    params: idParamsSchema,
    querystring: deliveriesQuerySchema,
    response: { 200: deliveriesSchema, ...refusals },
  };
  app.get('/api/v1/webhooks/:id/deliveries', { schema }, async ({ params: { id }, query }, reply) => {
    const deliveries = await health.deliveries((await found(id)).id, query.limit);
    return reply.header('cache-control', 'no-store').send({ deliveries: [...deliveries] });
  });
}
