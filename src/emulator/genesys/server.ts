// The HTTP side of the emulated platform: sign-in, controls, and what comes between a call and its resource. Invariant:
// a token, its rate limit and a permission come before every path under /api/v2, and the headers of all three after it.
import { randomUUID } from 'node:crypto';
import formbody from '@fastify/formbody';
import { fastify, type FastifyInstance } from 'fastify';
import type { ContactCentre } from '../centre/centre.ts';
import type { Driver } from '../driver/driver.ts';
import type { Timeline } from '../driver/timeline.ts';
import type { ChannelSockets } from './channel-sockets.ts';
import type { Channels } from './channels.ts';
import { controlRoutes } from './control.ts';
import { answerErrors, notFound, PlatformError, sendError } from './error-body.ts';
import { faultRoutes } from './fault-routes.ts';
import type { FrameFaults } from './frame-faults.ts';
import { demand } from './permissions.ts';
import type { PlatformClock } from './platform-clock.ts';
import type { RateLimit } from './rate-limit.ts';
import type { AnalyticsDelays } from './resources/analytics-search.ts';
import { analyticsControlRoutes, analyticsRoutes } from './resources/analytics.ts';
import { availableTopicRoutes } from './resources/available-topics.ts';
import { conversationRoutes } from './resources/conversations.ts';
import { attributesSchemaRoutes } from './resources/attributes-schemas.ts';
import { customAttributesRoutes } from './resources/custom-attributes.ts';
import { externalContactRoutes } from './resources/external-contacts.ts';
import { flowRoutes } from './resources/flows.ts';
import { mediaConversationRoutes } from './resources/media-conversations.ts';
import { messageRoutes } from './resources/messages.ts';
import { notificationRoutes } from './resources/notifications.ts';
import { openMessagingRoutes } from './resources/open-messaging.ts';
import { routingRoutes } from './resources/routing.ts';
import { userRoutes } from './resources/users.ts';
import { restControlRoutes } from './rest-control.ts';
import { RestFaults } from './rest-faults.ts';
import type { SignIn } from './sign-in.ts';
import { schemaControlRoutes, SchemaShelf } from './schema-shelf.ts';
import { createTopicJudge } from './topics.ts';

/** The platform's `request.bytes.max`. */
const MAX_REQUEST_BYTES = 512_000;

export interface PlatformParts {
  readonly center: ContactCentre;
  readonly driver: Driver;
  readonly channels: Channels;
  readonly sockets: ChannelSockets;
  readonly frames: FrameFaults;
  readonly clock: PlatformClock;
  readonly timeline: Timeline;
  readonly signIn: SignIn;
  readonly rateLimit: RateLimit;
  readonly delays: AnalyticsDelays;
  readonly status: () => unknown;
}

/** `socketUrl` is known once the port is. */
export function createServer(parts: PlatformParts, socketUrl: () => string): FastifyInstance {
  const { signIn, rateLimit, clock } = parts;
  const faults = new RestFaults();
  const app = fastify({
    logger: false,
    bodyLimit: MAX_REQUEST_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('ININ-Correlation-Id', randomUUID());
    if (clock.skewMs() !== 0) reply.header('Date', new Date(clock.now()).toUTCString());
  });
  faults.attach(app);
  acceptJsonOnly(app);
  answerErrors(app);
  void app.register(async (login) => {
    await login.register(formbody);
    signIn.routes(login);
  });
  controlRoutes(app, parts);
  faultRoutes(app, parts);
  analyticsControlRoutes(app, parts.delays);
  restControlRoutes(app, { faults, rateLimit, signIn });
  const shelf = new SchemaShelf(parts.center);
  schemaControlRoutes(app, shelf);
  void app.register(async (api) => platformRoutes(api, parts, shelf, socketUrl), { prefix: '/api/v2' });
  return app;
}

function platformRoutes(api: FastifyInstance, parts: PlatformParts, shelf: SchemaShelf, socketUrl: () => string): void {
  const { center, driver, channels, signIn, clock, timeline, rateLimit, delays } = parts;
  api.addHook('onRequest', async (request, reply) => {
    const { token, lacks } = signIn.accessOf(request);
    rateLimit.count(token, reply);
    demand(request.routeOptions.config?.needsAnyOf, lacks);
  });
  api.setNotFoundHandler((_request, reply) => sendError(reply, notFound('no such path')));
  availableTopicRoutes(api);
  notificationRoutes(api, { channels, judge: createTopicJudge(center), signIn, clock, socketUrl });
  conversationRoutes(api, driver);
  mediaConversationRoutes(api, driver);
  customAttributesRoutes(api, driver);
  messageRoutes(api, driver);
  openMessagingRoutes(api, { centre: center, driver });
  externalContactRoutes(api, { centre: center, contacts: driver.contacts });
  flowRoutes(api, center, shelf);
  attributesSchemaRoutes(api, center, shelf);
  analyticsRoutes(api, { driver, divisionId: center.division.id, now: () => timeline.now(), delays });
  routingRoutes(api, center);
  userRoutes(api, center);
}

/** Clients send a content type without a body where there is none to send: the SDK JSON, axios a form. */
function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') return done(null, undefined);
    try {
      return done(null, JSON.parse(String(text)));
    } catch {
      return done(new PlatformError(400, 'bad.request', 'The request body is not JSON'));
    }
  });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) =>
    text === ''
      ? done(null, undefined)
      : done(new PlatformError(415, 'unsupported.media.type', 'Send application/json')),
  );
}
