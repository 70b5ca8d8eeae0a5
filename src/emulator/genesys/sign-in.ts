// OAuth client credentials: clients, tokens, and the two paths that issue them. Invariant: a token is worth something
// until it expires and no longer; the store never holds more than its bound.
import { randomBytes, timingSafeEqual, createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PlatformError } from './error-body.ts';

export interface EmulatorClient {
  readonly id: string;
  readonly secret: string;
  /** Permissions that its roles do not give. */
  readonly lacks?: readonly string[];
}

/** The client every emulator knows unless told otherwise. Worth nothing anywhere else. */
export const EMULATOR_CLIENT: EmulatorClient = {
  id: '7ab7fa3c-4b8e-5b0a-9c1e-0f6a2d3b4c5d',
  secret: 'emulator-only-practice-secret',
};

/** Far above what any test issues; the oldest is dropped first. */
const MAX_TOKENS = 10_000;

export interface Access {
  readonly clientId: string;
  readonly token: string;
  /** Permissions the client does not have. */
  readonly lacks: readonly string[];
}

export interface SignIn {
  /** The client and the bearer token of the request; throws the platform's 401 otherwise. */
  accessOf(request: FastifyRequest): Access;
  clientOf(request: FastifyRequest): string;
  readonly routes: (app: FastifyInstance) => void;
  /** Takes exactly these permissions from a client, from its next call on. */
  withhold(clientId: string, permissions: readonly string[]): void;
  /** Makes every token worthless at once, as when a secret is rotated; how many there were. */
  endTokens(): number;
}

export interface SignInOptions {
  readonly clients: readonly EmulatorClient[];
  readonly tokenSeconds: number;
  readonly clock: () => number;
}

const formSchema = z.object({
  grant_type: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
});

export function createSignIn({ clients, tokenSeconds, clock }: SignInOptions): SignIn {
  const tokens = new Map<string, { readonly clientId: string; readonly expiresAt: number }>();
  const withheld = new Map(clients.map(({ id, lacks = [] }) => [id, lacks]));

  const issue = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const form = formSchema.safeParse(request.body).data ?? {};
    if (form.grant_type !== 'client_credentials') {
      return refuse(reply, 400, 'unsupported_grant_type', 'grant_type must be client_credentials');
    }
    const given = basicCredentials(request.headers.authorization) ?? { id: form.client_id, secret: form.client_secret };
    const client = clients.find(({ id }) => id === given.id);
    if (client === undefined) return refuse(reply, 400, 'invalid_client', 'client not found: invalid_client');
    if (!same(client.secret, given.secret ?? '')) return refuse(reply, 401, 'invalid_client', 'authentication failed');
    const token = randomBytes(48).toString('base64url');
    tokens.set(token, { clientId: client.id, expiresAt: clock() + tokenSeconds * 1000 });
    dropOldest(tokens);
    return reply.send({ access_token: token, token_type: 'bearer', expires_in: tokenSeconds });
  };

  const accessOf = (request: FastifyRequest): Access => {
    const token = bearerOf(request);
    const known = tokens.get(token);
    if (known !== undefined && known.expiresAt > clock()) {
      return { clientId: known.clientId, token, lacks: withheld.get(known.clientId) ?? [] };
    }
    tokens.delete(token);
    throw new PlatformError(401, 'bad.credentials', 'Invalid login credentials.');
  };

  return {
    endTokens: () => clear(tokens),
    routes: (app) => {
      app.post('/oauth/token', issue);
      app.post('/login/oauth/token', issue);
    },
    withhold: (clientId, permissions) => void withheld.set(clientId, permissions),
    accessOf,
    clientOf: (request) => accessOf(request).clientId,
  };
}

function dropOldest(tokens: Map<string, unknown>): void {
  const [oldest] = tokens.keys();
  if (tokens.size > MAX_TOKENS && oldest !== undefined) tokens.delete(oldest);
}

/** How many there were. */
function clear(tokens: Map<string, unknown>): number {
  const { size } = tokens;
  tokens.clear();
  return size;
}

function bearerOf({ headers }: FastifyRequest): string {
  const [scheme, token] = (headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() === 'bearer' && token !== undefined) return token;
  throw new PlatformError(401, 'authentication.required', 'No authentication bearer token specified');
}

const refuse = (reply: FastifyReply, status: number, error: string, description: string): FastifyReply =>
  reply.code(status).send({ error, description, error_description: description });

function basicCredentials(header: string | undefined): { id: string; secret: string } | undefined {
  const match = /^basic (\S+)$/i.exec(header ?? '');
  if (match?.[1] === undefined) return undefined;
  const [id = '', ...secret] = Buffer.from(match[1], 'base64').toString('utf8').split(':');
  return { id, secret: secret.join(':') };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
