// The token endpoints of the emulated vendors: client credentials, in the form or in a Basic header. Invariant: a wrong
// secret gets the vendor's OAuth error and no token.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Vendor } from './vendor.ts';

const formSchema = z.object({
  grant_type: z.string(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
});

export function signInRoutes(app: FastifyInstance, vendor: Vendor): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))));
  });
  app.post('/services/oauth2/token', (request, reply) =>
    // Salesforce says nothing of a token's life
    answer(request, reply, vendor, { refusedAs: 400, told: { instance_url: 'https://example.my.salesforce.com' } }),
  );
  app.post('/:tenant/oauth2/v2.0/token', (request, reply) =>
    answer(request, reply, vendor, { refusedAs: 401, told: { expires_in: vendor.tokens.seconds } }),
  );
}

interface Manner {
  readonly refusedAs: number;
  readonly told: Readonly<Record<string, unknown>>;
}

function answer(request: FastifyRequest, reply: FastifyReply, vendor: Vendor, manner: Manner): FastifyReply {
  const form = formSchema.safeParse(request.body);
  if (!form.success || form.data.grant_type !== 'client_credentials')
    return reply.code(400).send({ error: 'unsupported_grant_type', error_description: 'grant type not supported' });
  const { client_id: id, client_secret: secret } = { ...basicOf(request), ...form.data };
  if (id !== vendor.client.id || secret !== vendor.client.secret)
    return reply
      .code(manner.refusedAs)
      .send({ error: 'invalid_client', error_description: 'invalid client credentials' });
  return reply.send({ access_token: vendor.tokens.give(), token_type: 'Bearer', ...manner.told });
}

function basicOf(request: FastifyRequest): { readonly client_id?: string; readonly client_secret?: string } {
  const encoded = /^Basic (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return {};
  const [client_id = '', client_secret = ''] = Buffer.from(encoded, 'base64').toString().split(':', 2);
  return { client_id, client_secret };
}
