// A webhook target as it is kept, and as people see it. Invariant: what can be used against somebody (secrets, header
// values) is in an Endpoint alone, which is stored sealed; a view never holds it.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { WEBHOOK_EVENT_TYPES } from '../../domain/webhooks/events.ts';

/** Each has delivery slots of its own in every worker: see workers/stages/deliver-webhooks.stage.ts. */
export const MOST_ENDPOINTS = 32;
export const LONGEST_TIMEOUT_MS = 30_000;
const MOST_HEADERS = 20;
/** Set by the delivery or by HTTP itself. */
const OWN_HEADERS = /^(host|content-.*|transfer-encoding|connection|expect|te|trailer|upgrade|keep-alive|proxy-.*|webhook-.*|x-trace-id|user-agent)$/i; // prettier-ignore

export const endpointIdSchema = z.string().regex(/^wh_[a-z0-9]{20}$/, 'must be the id of a target, as in wh_…');

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const headerValue = z.string().regex(/^[\x20-\x7e]{0,1024}$/, 'must have at most 1024 printable ASCII characters');

/** What the Standard Webhooks convention asks of a secret. */
export const secretSchema = z.string().refine(isSecret, 'must be whsec_ and 24 to 64 bytes in base64');

export const endpointSettingsSchema = z.object({
  name: z.string().regex(/^[\w][\w .-]{0,63}$/, 'must have 1 to 64 letters, digits, spaces, ".", "_" and "-"'),
  url: z.url({ protocol: /^https?$/, error: 'must be an https:// address' }).max(2048),
  events: z
    .array(z.enum(WEBHOOK_EVENT_TYPES))
    .min(1)
    .refine((events) => new Set(events).size === events.length, 'must name each kind once'),
  enabled: z.boolean(),
  headers: z.record(z.string(), headerValue).superRefine((headers, context) => {
    const names = Object.keys(headers);
    if (names.length > MOST_HEADERS) context.addIssue(`must be ${MOST_HEADERS} at most`);
    for (const name of names) {
      const path = [name];
      if (!HEADER_NAME.test(name))
        context.addIssue({ code: 'custom', path, message: 'must be the name of an HTTP header' });
      else if (OWN_HEADERS.test(name))
        context.addIssue({ code: 'custom', path, message: 'is set by the delivery itself' });
    }
  }),
  timeoutMs: z.number().int().min(100).max(LONGEST_TIMEOUT_MS),
});

export const DISABLED_REASONS = ['by_hand', 'failing', 'gone'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

export const endpointSchema = endpointSettingsSchema.extend({
  id: endpointIdSchema,
  createdAt: z.number().int(),
  /** The newest first; the others sign too until their hour. */
  secrets: z.array(z.object({ secret: z.string(), until: z.number().int().nullable() })).min(1),
  /** Why it is not enabled. */
  disabled: z.object({ reason: z.enum(DISABLED_REASONS), at: z.number().int() }).nullable(),
});

export type Endpoint = Readonly<z.output<typeof endpointSchema>>;
export type EndpointSettings = Readonly<z.output<typeof endpointSettingsSchema>>;

const SECRET_PREFIX = 'whsec_';
const NEW_SECRET_BYTES = 32;
/** Old ones that overlap at a time. */
const MOST_SECRETS = 3;

export const newSecret = (): string => SECRET_PREFIX + randomBytes(NEW_SECRET_BYTES).toString('base64');

/** Base 32 without look-alikes: ids are read out. */
const ID_LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

export const newEndpointId = (bytes: Uint8Array = randomBytes(20)): string =>
  `wh_${[...bytes.subarray(0, 20)].map((byte) => ID_LETTERS[byte % ID_LETTERS.length]).join('')}`;

export function newEndpoint(id: string, settings: EndpointSettings, secret: string, now: number): Endpoint {
  const disabled = settings.enabled ? null : { reason: 'by_hand' as const, at: now };
  return { ...settings, id, createdAt: now, secrets: [{ secret, until: null }], disabled };
}

/** The settings that are given; turning it on or off is noted. */
export function changed(endpoint: Endpoint, settings: Partial<EndpointSettings>, now: number): Endpoint {
  const enabled = settings.enabled ?? endpoint.enabled;
  const disabled = enabled ? null : (endpoint.disabled ?? { reason: 'by_hand' as const, at: now });
  return { ...endpoint, ...settings, enabled, disabled };
}

export const switchedOff = (endpoint: Endpoint, reason: DisabledReason, now: number): Endpoint => ({
  ...endpoint,
  enabled: false,
  disabled: { reason, at: now },
});

/** The old secret signs beside the new one for the overlap, so that a receiver can change over when it likes. */
export function rotated(endpoint: Endpoint, secret: string, overlapMs: number, now: number): Endpoint {
  const old = endpoint.secrets.map((held) => ({ ...held, until: Math.min(held.until ?? Infinity, now + overlapMs) }));
  const still = old.filter(({ until }) => until > now).slice(0, MOST_SECRETS - 1);
  return { ...endpoint, secrets: [{ secret, until: null }, ...still] };
}

export const signingSecrets = ({ secrets }: Endpoint, now: number): string[] =>
  secrets.filter(({ until }) => until === null || until > now).map(({ secret }) => secret);

function isSecret(text: string): boolean {
  const base64 = text.startsWith(SECRET_PREFIX) ? text.slice(SECRET_PREFIX.length) : '';
  if (!/^[A-Za-z0-9+/]{32,88}={0,2}$/.test(base64)) return false;
  const { length } = Buffer.from(base64, 'base64');
  return length >= 24 && length <= 64;
}
