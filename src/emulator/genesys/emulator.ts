// The Genesys Cloud emulator, put together: HTTP and WebSocket on one port, conversations driven in real time.
// Invariant: nothing runs before the port is open, and nothing after `close`.
import { randomUUID } from 'node:crypto';
import formbody from '@fastify/formbody';
import { fastify, type FastifyInstance } from 'fastify';
import { createCentre, type ContactCentre } from '../centre/centre.ts';
import { createDriver, type Driver, type DriverStatus } from '../driver/driver.ts';
import { createTimeline, followClock, type Timeline } from '../driver/timeline.ts';
import { listen, type Listening } from '../listen.ts';
import { channelPublisher } from './channel-publisher.ts';
import { ChannelSockets, type SocketCounts } from './channel-sockets.ts';
import { Channels } from './channels.ts';
import { controlRoutes } from './control.ts';
import { answerErrors, PlatformError } from './error-body.ts';
import { faultRoutes } from './fault-routes.ts';
import { breakRegularly, type BreakPlan } from './fault-schedule.ts';
import { FrameFaults, type FrameFaultCounts, type FrameFaultPlan } from './frame-faults.ts';
import { createPlatformClock, type PlatformClock } from './platform-clock.ts';
import { ANALYTICS_DELAYS, type AnalyticsDelays } from './resources/analytics-search.ts';
import { analyticsControlRoutes, analyticsRoutes } from './resources/analytics.ts';
import { availableTopicRoutes } from './resources/available-topics.ts';
import { conversationRoutes } from './resources/conversations.ts';
import { notificationRoutes } from './resources/notifications.ts';
import { routingRoutes } from './resources/routing.ts';
import { userRoutes } from './resources/users.ts';
import { createSignIn, EMULATOR_CLIENT, type EmulatorClient, type SignIn } from './sign-in.ts';
import { createTopicJudge } from './topics.ts';

export interface GenesysEmulatorOptions {
  readonly host?: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly seed: number;
  readonly conversationsPerMinute: number;
  readonly speed: number;
  readonly agents?: number;
  /** Makes this run's conversation ids its own; the time of the start unless fixed. */
  readonly epoch?: number;
  readonly clock?: () => number;
  readonly heartbeatMs?: number;
  readonly clients?: readonly EmulatorClient[];
  readonly tokenSeconds?: number;
  /** Bytes a socket may leave unread before it is cut. */
  readonly maxBufferedBytes?: number;
  readonly graceMs?: number;
  readonly maxLedgerEntries?: number;
  readonly frameFaults?: FrameFaultPlan;
  readonly breaks?: BreakPlan;
  /** How far the platform's clock is ahead of the true one. */
  readonly skewMs?: number;
  /** How far analytics is behind. */
  readonly analytics?: Partial<AnalyticsDelays>;
}

export interface EmulatorStatus extends DriverStatus, SocketCounts, FrameFaultCounts {
  readonly seed: number;
  readonly epoch: number;
  readonly channels: number;
  readonly subscriptions: number;
}

export interface GenesysEmulator extends Listening {
  readonly center: ContactCentre;
  readonly driver: Driver;
  status(): EmulatorStatus;
  close(): Promise<void>;
}

/** The platform's `request.bytes.max`. */
const MAX_REQUEST_BYTES = 512_000;
const HEARTBEAT_MS = 30_000;
const DAY_SECONDS = 86_400;
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

interface Parts {
  readonly center: ContactCentre;
  readonly driver: Driver;
  readonly channels: Channels;
  readonly sockets: ChannelSockets;
  readonly frames: FrameFaults;
  readonly clock: PlatformClock;
  readonly timeline: Timeline;
  readonly signIn: SignIn;
  readonly delays: AnalyticsDelays;
  readonly status: () => EmulatorStatus;
}

export async function startGenesysEmulator(options: GenesysEmulatorOptions): Promise<GenesysEmulator> {
  const { host = '127.0.0.1', breaks } = options;
  const clock = createPlatformClock(options.clock ?? Date.now, options.skewMs);
  const parts = createParts(options, clock);
  let listening: Listening = { url: '', port: 0 };
  const app = createServer(parts, () => listening.url.replace(/^http/, 'ws'));
  listening = await listen(app, host, options.port);
  parts.sockets.attach(app.server, parts.channels);
  const stopClock = followClock(parts.timeline, () => clock.now());
  const stopBreaks = breaks === undefined ? undefined : breakRegularly(parts.sockets, breaks);
  return {
    ...listening,
    center: parts.center,
    driver: parts.driver,
    status: parts.status,
    close: async () => {
      stopClock();
      stopBreaks?.();
      parts.frames.stop();
      parts.sockets.stop();
      await app.close();
    },
  };
}

function createParts(options: GenesysEmulatorOptions, platformClock: PlatformClock): Parts {
  const { seed, clock = Date.now, epoch = clock() } = options;
  const timeline = createTimeline(platformClock.now());
  const center = createCentre(seed, options.agents);
  const sockets = new ChannelSockets({
    organizationId: center.organizationId,
    heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
    maxBufferedBytes: options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
  });
  const channels = new Channels({ clock, onRemoved: (channel, cause) => sockets.drop(channel, cause) });
  const frames = new FrameFaults();
  frames.set(options.frameFaults);
  const driver = createDriver({
    ...options,
    epoch,
    timeline,
    centre: center,
    publisher: channelPublisher(channels, sockets, frames),
  });
  const signIn = createSignIn({
    clients: options.clients ?? [EMULATOR_CLIENT],
    tokenSeconds: options.tokenSeconds ?? DAY_SECONDS,
    clock,
  });
  const status = (): EmulatorStatus => ({
    seed,
    epoch,
    ...driver.status(),
    ...sockets.counts(),
    ...frames.counts(),
    channels: channels.all().length,
    subscriptions: channels.all().reduce((sum, { subscriptions }) => sum + subscriptions.size, 0),
  });
  const delays = { ...ANALYTICS_DELAYS, ...options.analytics };
  return { center, driver, channels, sockets, frames, clock: platformClock, timeline, signIn, delays, status };
}

function createServer(parts: Parts, socketUrl: () => string): FastifyInstance {
  const { center, driver, channels, sockets, signIn, clock, timeline, delays, status } = parts;
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
  acceptEmptyJson(app);
  answerErrors(app);
  void app.register(formbody);
  signIn.routes(app);
  controlRoutes(app, { driver, sockets, status });
  faultRoutes(app, parts);
  analyticsControlRoutes(app, delays);
  void app.register(
    async (api) => {
      api.addHook('onRequest', async (request) => {
        signIn.clientOf(request);
      });
      availableTopicRoutes(api);
      notificationRoutes(api, { channels, judge: createTopicJudge(center), signIn, clock, socketUrl });
      conversationRoutes(api, driver);
      analyticsRoutes(api, { driver, divisionId: center.division.id, now: () => timeline.now(), delays });
      routingRoutes(api, center);
      userRoutes(api, center);
    },
    { prefix: '/api/v2' },
  );
  return app;
}

/** The official SDK sends `content-type: application/json` without a body where there is none to send. */
function acceptEmptyJson(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') return done(null, undefined);
    try {
      return done(null, JSON.parse(String(text)));
    } catch {
      return done(new PlatformError(400, 'bad.request', 'The request body is not JSON'));
    }
  });
}
