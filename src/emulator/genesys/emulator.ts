// The Genesys Cloud emulator, put together: HTTP and WebSocket on one port, conversations driven in real time.
// Invariant: nothing runs before the port is open, and nothing after `close`.
import { createCentre, type ContactCentre } from '../centre/centre.ts';
import { createDriver, type Driver, type DriverStatus } from '../driver/driver.ts';
import { createTimeline, followClock } from '../driver/timeline.ts';
import { listen, type Listening } from '../listen.ts';
import { channelPublisher } from './channel-publisher.ts';
import { ChannelSockets, type SocketCounts } from './channel-sockets.ts';
import { Channels } from './channels.ts';
import { breakRegularly, type BreakPlan } from './fault-schedule.ts';
import { FrameFaults, type FrameFaultCounts, type FrameFaultPlan } from './frame-faults.ts';
import { createPlatformClock, type PlatformClock } from './platform-clock.ts';
import { PLATFORM_REQUESTS_PER_MINUTE, RateLimit, type CallCounts } from './rate-limit.ts';
import { ANALYTICS_DELAYS, type AnalyticsDelays } from './resources/analytics-search.ts';
import { createServer, type PlatformParts } from './server.ts';
import { createSignIn, EMULATOR_CLIENT, type EmulatorClient } from './sign-in.ts';

export interface GenesysEmulatorOptions {
  readonly host?: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly seed: number;
  readonly conversationsPerMinute: number;
  readonly speed: number;
  readonly agents?: number;
  readonly queues?: number;
  /** Makes this run's conversation ids its own; the time of the start unless fixed. */
  readonly epoch?: number;
  readonly clock?: () => number;
  readonly heartbeatMs?: number;
  readonly clients?: readonly EmulatorClient[];
  readonly tokenSeconds?: number;
  /** Calls a token may make in a minute; the platform's 300 unless given. */
  readonly requestsPerMinute?: number;
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

export interface EmulatorStatus extends DriverStatus, SocketCounts, FrameFaultCounts, CallCounts {
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

const HEARTBEAT_MS = 30_000;
const DAY_SECONDS = 86_400;
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

interface Parts extends PlatformParts {
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
  const center = createCentre(seed, options.agents, options.queues);
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
  const { clients = [EMULATOR_CLIENT], tokenSeconds = DAY_SECONDS } = options;
  const signIn = createSignIn({ clients, tokenSeconds, clock });
  const delays = { ...ANALYTICS_DELAYS, ...options.analytics };
  const rateLimit = new RateLimit(options.requestsPerMinute ?? PLATFORM_REQUESTS_PER_MINUTE, clock);
  const status = (): EmulatorStatus => ({ seed, epoch, ...countsOf({ driver, sockets, frames, channels, rateLimit }) });
  return {
    center,
    driver,
    channels,
    sockets,
    frames,
    clock: platformClock,
    timeline,
    signIn,
    rateLimit,
    delays,
    status,
  };
}

type Counted = Pick<Parts, 'driver' | 'sockets' | 'frames' | 'channels' | 'rateLimit'>;

const countsOf = ({
  driver,
  sockets,
  frames,
  channels,
  rateLimit,
}: Counted): Omit<EmulatorStatus, 'seed' | 'epoch'> => ({
  ...driver.status(),
  ...sockets.counts(),
  ...frames.counts(),
  ...rateLimit.counts(),
  channels: channels.all().length,
  subscriptions: channels.all().reduce((sum, { subscriptions }) => sum + subscriptions.size, 0),
});
