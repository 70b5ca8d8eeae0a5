// What the emulated vendors share: rows by external id, sign-in, request limits, faults. Invariant: each vendor's own
// words are in its own file; what is counted here is what it did.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Faults } from '../faults.ts';

export interface VendorOptions {
  /** Who may sign in for a token (Salesforce, Dynamics 365). */
  readonly client?: { readonly id: string; readonly secret: string };
  /** HubSpot's private app token. */
  readonly token?: string;
  readonly tokenSeconds?: number;
  /** Fields that exist, by table; a table that is not named has any. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  readonly limits?: Partial<VendorLimits>;
  readonly now?: () => number;
}

export interface VendorLimits {
  /** Calls of 24 hours: an Enterprise organisation's base. */
  readonly salesforceDaily: number;
  /** Calls of 10 seconds: a private app of a Professional account. */
  readonly hubspotTenSeconds: number;
  /** Calls of 5 minutes: a user of one web server. */
  readonly dynamicsFiveMinutes: number;
}

export const EMULATED_CLIENT = { id: 'practice-client', secret: 'practice-secret' } as const;
export const EMULATED_TOKEN = 'practice-token';
const LIMITS: VendorLimits = { salesforceDaily: 100_000, hubspotTenSeconds: 190, dynamicsFiveMinutes: 6000 };

export interface Row {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly writes: number;
}

export interface Rows {
  upsert(table: string, id: string, fields: Readonly<Record<string, unknown>>): 'created' | 'updated';
  find(table: string, id: string): Row | undefined;
  count(table: string): number;
  /** Different rows ever taken, by table. */
  counts(): Readonly<Record<string, number>>;
}

export interface Vendor {
  readonly rows: Rows;
  readonly faults: Faults;
  readonly limits: VendorLimits;
  readonly client: { readonly id: string; readonly secret: string };
  readonly token: string;
  /** A token that was given out and has not ended. */
  readonly tokens: Tokens;
  readonly windows: Windows;
  unknownField(table: string, fields: object): string | undefined;
}

export function createVendor(options: VendorOptions, faults: Faults, maxRows: number): Vendor {
  const now = options.now ?? Date.now;
  return {
    rows: createRows(maxRows),
    faults,
    limits: { ...LIMITS, ...options.limits },
    client: options.client ?? EMULATED_CLIENT,
    token: options.token ?? EMULATED_TOKEN,
    tokens: createTokens(options.tokenSeconds ?? 3600, now),
    windows: createWindows(now),
    unknownField: (table, fields) => {
      const known = options.fields?.[table];
      return known === undefined ? undefined : Object.keys(fields).find((name) => !known.includes(name));
    },
  };
}

function createRows(maxRows: number): Rows {
  const stored = new Map<string, Row>();
  const tables = new Map<string, number>();
  return {
    upsert: (table, id, fields) => {
      const known = stored.get(`${table}\n${id}`);
      stored.set(`${table}\n${id}`, { fields: { ...known?.fields, ...fields }, writes: (known?.writes ?? 0) + 1 });
      if (known !== undefined) return 'updated';
      tables.set(table, (tables.get(table) ?? 0) + 1);
      const [oldest] = stored.keys();
      if (stored.size > maxRows && oldest !== undefined) stored.delete(oldest);
      return 'created';
    },
    find: (table, id) => stored.get(`${table}\n${id}`),
    count: (table) => tables.get(table) ?? 0,
    counts: () => Object.fromEntries(tables),
  };
}

export interface Tokens {
  readonly seconds: number;
  give(): string;
  holds(token: string): boolean;
  revokeAll(): void;
  given(): number;
}

function createTokens(seconds: number, now: () => number): Tokens {
  const live = new Map<string, number>();
  let given = 0;
  return {
    seconds,
    give: () => {
      given += 1;
      live.set(`practice-${given}`, now() + seconds * 1000);
      return `practice-${given}`;
    },
    holds: (token) => (live.get(token) ?? 0) > now(),
    revokeAll: () => live.clear(),
    given: () => given,
  };
}

export interface Windows {
  /** Milliseconds until this call would be taken; 0 = it is, and counts. */
  take(name: string, calls: number, windowMs: number): number;
}

function createWindows(now: () => number): Windows {
  const taken = new Map<string, number[]>();
  return {
    take: (name, calls, windowMs) => {
      const recent = (taken.get(name) ?? []).filter((at) => at > now() - windowMs);
      taken.set(name, recent);
      const [oldest] = recent;
      if (recent.length >= calls && oldest !== undefined) return Math.max(1, oldest + windowMs - now());
      recent.push(now());
      return 0;
    },
  };
}

export const bearerOf = (request: FastifyRequest): string =>
  /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';

/** What a login page or a proxy would say in the CRM's place. */
export const htmlPage = (reply: FastifyReply, status: number): FastifyReply =>
  reply.code(status).type('text/html; charset=utf-8').send('<!doctype html><html><body>Please sign in</body></html>');
