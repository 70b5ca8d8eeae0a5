// The part of the control API that breaks things: frames, sockets, channels, tokens, the clock. Invariant: what is broken
// is what was asked for and nothing beside it; every answer says how much that was.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Driver } from '../driver/driver.ts';
import type { Timeline } from '../driver/timeline.ts';
import type { ChannelSockets } from './channel-sockets.ts';
import type { Channel, Channels } from './channels.ts';
import { notFound, parse } from './error-body.ts';
import { frameFaultsSchema, type FrameFaults } from './frame-faults.ts';
import type { PlatformClock } from './platform-clock.ts';
import type { SignIn } from './sign-in.ts';

/** What may be sent, and 1006, which stands for breaking the connection without a word. */
const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005) || (code >= 3000 && code <= 4999);
const onlySchema = z.object({ channelId: z.string().max(100).optional() });
const closeSchema = onlySchema.extend({
  code: z.number().int().refine(isCloseCode, 'must be a WebSocket close code (1001, 1006, 4000, …)').default(1001),
  announce: z.boolean().default(false),
});
const refuseSchema = z.object({
  times: z.number().int().min(0).max(1_000_000).default(1),
  status: z.number().int().min(400).max(599).default(503),
});
const clockSchema = z.object({ skewMs: z.number().int().min(-31_536_000_000).max(31_536_000_000) });

const loseSchema = z.object({ times: z.number().int().min(0).max(1_000_000).default(1) });

export interface FaultContext {
  readonly driver: Pick<Driver, 'loseAttributes'>;
  readonly sockets: ChannelSockets;
  readonly channels: Channels;
  readonly signIn: SignIn;
  readonly frames: FrameFaults;
  readonly clock: PlatformClock;
  readonly timeline: Timeline;
}

export function faultRoutes(app: FastifyInstance, context: FaultContext): void {
  frameRoutes(app, context);
  socketRoutes(app, context);
  channelRoutes(app, context);
  app.post('/emulator/attributes/lose', (request) => {
    const { times } = parse(loseSchema, request.body ?? {}, 'body');
    context.driver.loseAttributes(times);
    return { times };
  });
  app.post('/emulator/clock', (request) => {
    const { skewMs } = parse(clockSchema, request.body, 'body');
    // What is planned stays as far in the future as it was.
    context.timeline.skip(context.clock.skew(skewMs));
    return { skewMs };
  });
}

function frameRoutes(app: FastifyInstance, { frames }: FaultContext): void {
  const path = '/emulator/frames/faults';
  const show = (): object => ({ plan: frames.plan(), counts: frames.counts() });
  app.get(path, show);
  app.post(path, (request) => {
    frames.set(parse(frameFaultsSchema, request.body, 'body'));
    return show();
  });
  app.delete(path, () => {
    frames.set();
    return show();
  });
}

function socketRoutes(app: FastifyInstance, { sockets }: FaultContext): void {
  app.post('/emulator/sockets/close', (request) => {
    const { code, announce, channelId } = parse(closeSchema, request.body ?? {}, 'body');
    if (announce) sockets.announceClosing(channelId);
    return { closed: sockets.close(code, channelId) };
  });
  app.post('/emulator/sockets/half-open', (request) => {
    const { channelId } = parse(onlySchema, request.body ?? {}, 'body');
    return { halfOpen: sockets.silence(channelId) };
  });
  app.post('/emulator/sockets/refuse', (request) => {
    const { times, status } = parse(refuseSchema, request.body ?? {}, 'body');
    sockets.refuse(times, status);
    return { times, status };
  });
}

function channelRoutes(app: FastifyInstance, { channels, signIn }: FaultContext): void {
  app.get('/emulator/channels', () => ({ channels: channels.all().map(describe) }));
  app.post('/emulator/channels/evict', (request) => {
    const { channelId } = parse(onlySchema, request.body ?? {}, 'body');
    const channel = channelId === undefined ? channels.firstToGo(channels.all()) : channels.find(channelId);
    if (channel === undefined) throw notFound('channel');
    channels.remove(channel, 'evicted');
    return { evicted: channel.id };
  });
  app.post('/emulator/tokens/expire', () => ({ expired: signIn.endTokens() }));
  app.post('/emulator/tokens/revoke', () => {
    const revoked = signIn.endTokens();
    const gone = channels.all();
    for (const channel of gone) channels.remove(channel, 'revoked');
    return { revoked, channels: gone.length };
  });
}

const describe = ({ id, clientId, socket, subscriptions, expiresAt }: Channel): object => ({
  id,
  clientId,
  connected: socket !== undefined,
  topics: subscriptions.size,
  expires: new Date(expiresAt).toISOString(),
});
