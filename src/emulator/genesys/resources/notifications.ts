// Notification channels and their subscriptions over REST. Invariant: without `ignoreErrors` a batch with one bad topic
// changes nothing; with it, each topic is answered for on its own.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { MAX_TOPICS_PER_CHANNEL, type Channel, type Channels } from '../channels.ts';
import { notFound, parse, PlatformError } from '../error-body.ts';
import type { PlatformClock } from '../platform-clock.ts';
import type { SignIn } from '../sign-in.ts';
import type { TopicCheck, TopicJudge } from '../topics.ts';

const topicsSchema = z.array(z.object({ id: z.string().min(1).max(1000) })).max(10_000);
const querySchema = z.object({ ignoreErrors: z.stringbool().default(false) });
const paramsSchema = z.object({ channelId: z.string() });
const listSchema = z.object({ includechannels: z.enum(['token', 'oauthclient']).default('token') });

export interface NotificationContext {
  readonly channels: Channels;
  readonly judge: TopicJudge;
  readonly signIn: SignIn;
  readonly clock: PlatformClock;
  /** `ws://host:port`, known once the port is. */
  readonly socketUrl: () => string;
}

export function notificationRoutes(app: FastifyInstance, context: NotificationContext): void {
  const { channels, signIn, socketUrl, clock } = context;
  const expires = ({ expiresAt }: Channel): string => new Date(expiresAt + clock.skewMs()).toISOString();
  const show = (channel: Channel): Record<string, unknown> => ({
    id: channel.id,
    connectUri: `${socketUrl()}/channels/${channel.id}`,
    expires: expires(channel),
  });

  app.post('/notifications/channels', (request) => show(channels.create(signIn.accessOf(request))));
  app.get('/notifications/channels', (request) => {
    const { clientId, token } = signIn.accessOf(request);
    const { includechannels } = parse(listSchema, request.query, 'query parameter');
    const own = channels.ofClient(clientId);
    const listed = includechannels === 'token' ? own.filter((channel) => channel.token === token) : own;
    // Another token's channel shows that it exists, but not the id that would open its socket.
    return { entities: listed.map((one) => (one.token === token ? show(one) : { expires: expires(one) })) };
  });
  app.head('/notifications/channels/:channelId', (request, reply) => {
    channelOf(request, context);
    return reply.send();
  });
  subscriptionRoutes(app, context);
}

function subscriptionRoutes(app: FastifyInstance, context: NotificationContext): void {
  const { channels } = context;
  const path = '/notifications/channels/:channelId/subscriptions';

  app.get(path, (request) => ({
    entities: [...channelOf(request, context).subscriptions.keys()].map((id) => ({ id, state: 'Permitted' })),
  }));
  app.post(path, (request) => subscribe(request, context, channelOf(request, context).subscriptions.keys()));
  app.put(path, (request) => subscribe(request, context, []));
  app.delete(path, (request, reply) => {
    channels.unsubscribe(channelOf(request, context));
    return reply.send();
  });
}

interface JudgedTopic extends TopicCheck {
  readonly id: string;
}

/** Judges all topics, then makes the channel follow the permitted ones beside the `kept`. */
function subscribe(request: FastifyRequest, context: NotificationContext, kept: Iterable<string>): unknown {
  const channel = channelOf(request, context);
  const { ignoreErrors } = parse(querySchema, request.query, 'query parameter');
  const { lacks } = context.signIn.accessOf(request);
  const asked = new Set(parse(topicsSchema, request.body, 'body').map(({ id }) => id));
  const judged = [...asked].map((id): JudgedTopic => Object.assign({ id }, context.judge(id, lacks)));
  const permitted = judged.filter(({ rejectionReason }) => rejectionReason === undefined);
  if (!ignoreErrors) refuseRejected(judged);
  const wanted = new Map([...kept].map((id) => [id, channel.subscriptions.get(id) ?? []]));
  for (const { id, names } of permitted) wanted.set(id, names);
  if (wanted.size > MAX_TOPICS_PER_CHANNEL) {
    throw new PlatformError(400, 'bad.request', `A channel takes at most ${MAX_TOPICS_PER_CHANNEL} topics`);
  }
  context.channels.subscribe(channel, wanted);
  return { entities: judged.map((topic) => answerFor(topic, channel.id)) };
}

function refuseRejected(judged: readonly JudgedTopic[]): void {
  const rejected = judged.filter(({ rejectionReason }) => rejectionReason !== undefined);
  if (rejected.length === 0) return;
  const details = rejected
    .slice(0, 10)
    .map(({ id }) => ({ errorCode: 'invalid.value', fieldName: 'id', entityId: id }));
  const reason = rejected[0]?.rejectionReason ?? '';
  throw new PlatformError(400, 'bad.request', `${rejected.length} topics were rejected; the first: ${reason}`, details);
}

function answerFor({ id, names, ...rejection }: JudgedTopic, channelId: string): Record<string, unknown> {
  const state = names.length > 0 ? 'Permitted' : 'Rejected';
  return { id, state, ...rejection, selfUri: `/api/v2/notifications/channels/${channelId}/subscriptions` };
}

/** A channel belongs to its client; another's is not found. */
function channelOf(request: FastifyRequest, { channels, signIn }: NotificationContext): Channel {
  const channel = channels.find(paramsSchema.parse(request.params).channelId);
  if (channel === undefined || channel.clientId !== signIn.clientOf(request)) throw notFound('channel');
  return channel;
}
