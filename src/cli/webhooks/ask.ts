// What the webhooks command asks of the API.
import { setTimeout as pause } from 'node:timers/promises';
import {
  createdSchema,
  deliveriesSchema,
  endpointListSchema,
  endpointViewSchema,
  removedSchema,
  rotatedSchema,
  testedSchema,
  type CreateRequest,
  type EndpointList,
  type EndpointView,
} from '../../api/routes/webhooks-schema.ts';
import { MOST_DELIVERIES, type Delivery } from '../../stores/webhooks/health.ts';
import type { AskApi } from '../api-call.ts';
import type { AddOptions } from './options.ts';

const PATH = '/api/v1/webhooks';
const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

export function addEndpoint(ask: AskApi, name: string, url: string, options: AddOptions) {
  const { events, secret, header, timeoutMs, disabled } = options;
  const body: CreateRequest = {
    name,
    url,
    events,
    enabled: disabled !== true,
    ...(secret === undefined ? {} : { secret }),
    ...(header === undefined ? {} : { headers: header }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  return ask({ method: 'POST', path: PATH, body }, createdSchema);
}

export const listEndpoints = (ask: AskApi): Promise<EndpointList> =>
  ask({ method: 'GET', path: PATH }, endpointListSchema);

export const readEndpoint = (ask: AskApi, id: string): Promise<EndpointView> =>
  ask({ method: 'GET', path: pathOf(id) }, endpointViewSchema);

export const changeEndpoint = (ask: AskApi, id: string, body: { readonly enabled: boolean }): Promise<EndpointView> =>
  ask({ method: 'PATCH', path: pathOf(id), body }, endpointViewSchema);

export function rotateSecret(
  ask: AskApi,
  id: string,
  { secret, overlapHours }: { readonly secret: string | undefined; readonly overlapHours: number },
) {
  const body = { overlapHours, ...(secret === undefined ? {} : { secret }) };
  return ask({ method: 'POST', path: `${pathOf(id)}/rotate-secret`, body }, rotatedSchema);
}

export const removeEndpoint = (ask: AskApi, id: string) => ask({ method: 'DELETE', path: pathOf(id) }, removedSchema);

export async function readDeliveries(ask: AskApi, id: string, limit: number): Promise<Delivery[]> {
  const path = `${pathOf(id)}/deliveries`;
  return (await ask({ method: 'GET', path, query: { limit } }, deliveriesSchema)).deliveries;
}

/** The longest a target may take, and a worker to take it up. */
const TEST_LOOKS = 130;
const LOOK_MS = 250;

/** What came of it; undefined when nothing did in time. */
export async function testEndpoint(ask: AskApi, id: string): Promise<Delivery | undefined> {
  const { messageId } = await ask({ method: 'POST', path: `${pathOf(id)}/test` }, testedSchema);
  for (let looks = 0; looks < TEST_LOOKS; looks += 1) {
    const found = (await readDeliveries(ask, id, MOST_DELIVERIES)).find((one) => one.messageId === messageId);
    if (found !== undefined) return found;
    await pause(LOOK_MS);
  }
  return undefined;
}
