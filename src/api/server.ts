// The API process: builds the routes, listens, and stops cleanly. Invariant: when `startApi` has rejected, nothing of
// it is left running; after `close` nothing is.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import fastifyFormbody from '@fastify/formbody';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { entries } from '../config/entries.ts';
import { Fatal } from '../runtime/errors.ts';
import type { App } from './app.ts';
import type { ApiNeeds } from './needs.ts';
import { errorHandler, notFound } from './problem.ts';
import { auditRoutes } from './routes/audit.ts';
import { boardRoutes } from './routes/board.ts';
import { consoleRoutes } from './routes/console.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { deadLetterChangeRoutes } from './routes/dead-letter-changes.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { describeRoutes, documentationRoutes } from './routes/documentation.ts';
import { enrichmentRoutes } from './routes/enrichments.ts';
import { gapRoutes } from './routes/gaps.ts';
import { eventsRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { inspectionRoutes } from './routes/inspection.ts';
import { metricsRoute } from './routes/metrics.ts';
import { liveRoute, overviewRoutes } from './routes/overview.ts';
import { partitionRoutes } from './routes/partitions.ts';
import { webhookChangeRoutes } from './routes/webhook-changes.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { createSample } from './sampling/sampler.ts';
import { startSampling, type SamplingLoop } from './sampling/sampling-loop.ts';
import { useSecurityHeaders } from './security-headers.ts';
import { guard } from './sign-in/guard.ts';
import { createPasswordJudge } from './sign-in/password.ts';
import { signInRoutes } from './sign-in/routes.ts';
import { useSessions } from './sign-in/session.ts';

const ANSWER_WITHIN_MS = 5000;

export interface Api {
  /** Where it listens, without a path. */
  readonly url: string;
  readonly port: number;
  /** From now on /readyz answers 503, so that a balancer sends nobody here any more. */
  drain(): void;
  /** Ends live streams, finishes what is being answered, stops sampling. */
  close(): Promise<void>;
}

export async function startApi(needs: ApiNeeds): Promise<Api> {
  let draining = false;
  const loop = startSampling(createSample(needs), needs.clock, needs.log);
  const app: App = fastify({
    bodyLimit: needs.config.apiBodyLimitBytes,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
  }).withTypeProvider<ZodTypeProvider>();
  try {
    await build(app, needs, loop, () => draining);
    await listen(app, needs);
  } catch (error) {
    await Promise.allSettled([app.close(), loop.stop()]);
    throw error;
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : needs.config.apiPort;
  return {
    url: `http://${reachable(needs.config.apiHost)}:${port}`,
    port,
    drain: () => {
      draining = true;
    },
    close: async () => {
      draining = true;
      await app.close();
      await loop.stop();
    },
  };
}

async function build(app: App, needs: ApiNeeds, loop: SamplingLoop, isDraining: () => boolean): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(errorHandler(needs));
  app.setNotFoundHandler(notFound);
  closeSilentConnections(app);
  await useSecurityHeaders(app);
  await useSessions(app, needs);
  await app.register(fastifyFormbody);
  const judge = await createPasswordJudge(app, needs.password);
  guard(app, judge, needs);

  // a queue's connection waits for Redis as long as it takes; whoever asks does not
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/')) route.handlerTimeout ??= ANSWER_WITHIN_MS;
  });

  await describeRoutes(app, needs);
  healthRoutes(app, needs, isDraining);
  metricsRoute(app, needs);
  signInRoutes(app, needs, judge);
  overviewRoutes(app, needs, loop);
  liveRoute(app, loop);
  conversationRoutes(app, needs);
  inspectionRoutes(app, needs);
  deadLetterRoutes(app, needs);
  deadLetterChangeRoutes(app, needs);
  partitionRoutes(app, needs);
  gapRoutes(app, needs);
  auditRoutes(app, needs);
  webhookRoutes(app, needs);
  webhookChangeRoutes(app, needs);
  enrichmentRoutes(app, needs);
  await eventsRoutes(app, needs);
  await consoleRoutes(app, needs);
  await boardRoutes(app, needs);
  await documentationRoutes(app);
  await app.ready();
}

/** Connections that never asked anything (browsers open some in advance) would hold up the end for a minute. */
function closeSilentConnections(app: App): void {
  const silent = new Set<Socket>();
  const server: Server = app.server;
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  app.addHook('preClose', async () => {
    for (const socket of silent) socket.destroy();
  });
}

async function listen(app: App, { config }: ApiNeeds): Promise<void> {
  const { apiHost: host, apiPort: port } = config;
  try {
    await app.listen({ host, port });
  } catch (error) {
    const cause = { cause: error };
    const setting = entries.apiPort.env;
    if (hasCode(error, 'EADDRINUSE')) {
      throw new Fatal(
        'api_port_taken',
        `Port ${port} on ${host} is taken: set ${setting} to a free one, or to 0.`,
        cause,
      );
    }
    if (hasCode(error, 'EACCES')) {
      throw new Fatal(
        'api_port_refused',
        `Port ${port} needs rights this user lacks: set ${setting} above 1023.`,
        cause,
      );
    }
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** An address that means "all interfaces" is reached on this machine by its loopback one. */
const reachable = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
