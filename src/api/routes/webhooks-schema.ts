// What is asked of and answered about webhook targets over HTTP: shared by the routes and the command line. Invariants: a
// secret is in the answer to its making alone; of headers only the names are told; a change takes no field unknown.
import { z } from 'zod';
import { WEBHOOK_EVENTS, WEBHOOK_EVENT_TYPES } from '../../domain/webhooks/events.ts';
import {
  DISABLED_REASONS,
  endpointIdSchema,
  endpointSettingsSchema,
  secretSchema,
  type Endpoint,
} from '../../stores/webhooks/endpoint.ts';
import { deliverySchema, healthSchema, MOST_DELIVERIES, type Health } from '../../stores/webhooks/health.ts';

const { name, url, events, enabled, headers, timeoutMs } = endpointSettingsSchema.shape;

const described = {
  name: name.describe('For people; need not be unique'),
  url: url.describe('Where messages are sent by POST: https, and public unless THROUGHLINE_WEBHOOK_ALLOW names it'),
  events: events.describe(`What it is told: ${WEBHOOK_EVENT_TYPES.join(', ')}`),
  enabled: enabled.describe('Whether it is called'),
  headers: headers.describe('Sent along; kept sealed'),
  timeoutMs: timeoutMs.describe('Longest wait for its answer'),
};

export const createBodySchema = z.strictObject({
  ...described,
  enabled: described.enabled.default(true),
  headers: described.headers.default({}),
  timeoutMs: described.timeoutMs.optional(),
  secret: secretSchema.optional().describe('Of the receiver’s own making; one is made unless given'),
});

export const changeBodySchema = z
  .strictObject(described)
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'names nothing to change');

const MOST_OVERLAP_HOURS = 720;

export const rotateBodySchema = z.strictObject({
  secret: secretSchema.optional().describe('Of the receiver’s own making; one is made unless given'),
  overlapHours: z.number().min(0).max(MOST_OVERLAP_HOURS).default(24).describe('For how long the old secret signs too'),
});

export const endpointViewSchema = z.object({
  id: endpointIdSchema,
  ...described,
  headers: z.array(z.string()).describe('Names of the headers that are sent along'),
  createdAt: z.number().int().describe('Epoch milliseconds'),
  disabled: z.object({ reason: z.enum(DISABLED_REASONS), at: z.number().int() }).nullable(),
  oldSecretsUntil: z.number().int().nullable().describe('Until when an old secret signs too, epoch milliseconds'),
  health: healthSchema,
});

export const endpointListSchema = z.object({
  endpoints: z.array(endpointViewSchema).describe('The oldest first'),
  events: z.record(z.string(), z.string()).describe('Every kind of event, and what it says'),
});

export const createdSchema = endpointViewSchema.extend({
  secret: z.string().describe('What messages are signed with: shown here and never again'),
});

export const rotatedSchema = z.object({
  id: endpointIdSchema,
  secret: z.string().describe('The new one: shown here and never again'),
  oldSecretsUntil: z.number().int().nullable(),
});

export const testedSchema = z.object({ id: endpointIdSchema, messageId: z.string() });

export const removedSchema = z.object({ id: endpointIdSchema });

export const deliveriesQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(MOST_DELIVERIES).default(20).describe('How many, newest first'),
});

export const deliveriesSchema = z.object({ deliveries: z.array(deliverySchema) });

export const idParamsSchema = z.object({ id: endpointIdSchema });

export type EndpointView = z.output<typeof endpointViewSchema>;
export type EndpointList = z.output<typeof endpointListSchema>;
export type CreateRequest = z.input<typeof createBodySchema>;
export type CreateBody = z.output<typeof createBodySchema>;

export const CATALOGUE: Readonly<Record<string, string>> = WEBHOOK_EVENTS;

export function viewOf(endpoint: Endpoint, health: Health, now: number): EndpointView {
  const { secrets, headers: sent, ...shown } = endpoint;
  return { ...shown, headers: Object.keys(sent), oldSecretsUntil: oldSecretsUntil({ secrets }, now), health };
}

export function oldSecretsUntil({ secrets }: Pick<Endpoint, 'secrets'>, now: number): number | null {
  const until = Math.max(0, ...secrets.map((held) => held.until ?? 0));
  return until > now ? until : null;
}
