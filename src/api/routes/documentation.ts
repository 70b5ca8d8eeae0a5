// The description of the API, made from the routes' own schemas: /openapi.json, and a page to read and try it at /docs.
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { INLINE_STYLES_POLICY } from '../security-headers.ts';
import { SESSION_COOKIE } from '../sign-in/session.ts';

/** Before the routes, so that it sees them all. */
export async function describeRoutes(app: App, { version }: ApiNeeds): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Throughline',
        version,
        description: 'What a Throughline deployment is doing. Errors are RFC 9457 problems.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE, description: 'Set by signing in' },
          eventsToken: { type: 'http', scheme: 'bearer', description: 'THROUGHLINE_EVENTS_TOKEN; for events only' },
          password: { type: 'http', scheme: 'basic', description: 'Any user name, and the console’s password' },
        },
      },
      security: [{ session: [] }, { password: [] }],
    },
    transform: createJsonSchemaTransform({}),
  });
}

export async function documentationRoutes(app: App): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(JSON.stringify(app.swagger())),
  );
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: INLINE_STYLES_POLICY,
    uiConfig: { layout: 'BaseLayout', docExpansion: 'list', tryItOutEnabled: true },
    theme: { title: 'Throughline API' },
  });
}
