// The whole deployment at a glance: once, or each second as server-sent events. Invariant: the live stream costs one
// sampling a second and one serialisation, however many listen; a listener too slow to follow is let go.
import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';
import { enrichmentSchema } from '../sampling/enrichment-schema.ts';
import { overviewSchema, slaSchema, type Overview } from '../sampling/overview-schema.ts';
import { SESSION_MS } from '../sign-in/session.ts';
import type { SamplingLoop } from '../sampling/sampling-loop.ts';

const MOST_LISTENERS = 100;
/** About 50 messages: a reader this far behind is gone. */
const MOST_UNREAD_BYTES = 1_000_000;
/** Older figures would pass for the present. */
const STALE_MS = 10_000;

const tags = ['Overview'];

export function overviewRoutes(app: App, { clock }: ApiNeeds, loop: SamplingLoop): void {
  const schema = {
    tags,
    summary: 'The deployment at a glance',
    response: { 200: overviewSchema, 503: problemResponse('Redis cannot be read at the moment') },
  };
  const newest = async (): Promise<Overview> => {
    const overview = await loop.latest();
    if (overview !== undefined && clock.now() - overview.at <= STALE_MS) return overview;
    throw new ProblemError(503, 'redis_unreachable', 'Redis cannot be read at the moment.');
  };
  app.get('/api/v1/overview', { schema }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send(await newest()),
  );

  const enrichment = {
    tags: ['Enrichment'],
    summary: 'How enrichment does: success rate, latency and cache within the rolling window, and what holds it back',
    response: { 200: enrichmentSchema, 503: problemResponse('Redis cannot be read at the moment') },
  };
  app.get('/api/v1/enrichment', { schema: enrichment }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send((await newest()).enrichment),
  );

  const sla = {
    tags,
    summary: 'How promises to customers stand: messages by status, conversations by objective, deadlines',
    response: { 200: slaSchema, 503: problemResponse('Redis cannot be read at the moment') },
  };
  app.get('/api/v1/sla', { schema: sla }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send((await newest()).sla),
  );
}

export function liveRoute(app: App, loop: SamplingLoop): void {
  const live = {
    tags,
    summary: 'The overview each second, as server-sent events',
    description: 'The first message holds the history of the last 180 seconds, later ones its newest point only.',
    response: {
      200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
      503: problemResponse('Too many listen already'),
    },
  };
  const streams = new Set<PassThrough>();
  // it ends when a session opened together with it would
  app.get('/api/v1/live', { schema: live, handlerTimeout: SESSION_MS }, async (_request, reply: FastifyReply) => {
    if (streams.size >= MOST_LISTENERS) {
      throw new ProblemError(503, 'too_many_listeners', `At most ${MOST_LISTENERS} may listen at once.`);
    }
    return reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(openStream(loop, streams));
  });
  // an open stream would otherwise keep the server from closing
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end();
  });
}

function openStream(loop: SamplingLoop, streams: Set<PassThrough>): PassThrough {
  const stream = new PassThrough();
  streams.add(stream);
  let first = true;
  const write = (overview: Overview): void => {
    if (stream.writableLength > MOST_UNREAD_BYTES) stream.destroy();
    else stream.write(first ? messageOf(overview) : tailMessageOf(overview));
    first = false;
  };
  stream.write('retry: 2000\n\n');
  const stop = loop.listen(write);
  stream.on('close', () => {
    stop();
    streams.delete(stream);
  });
  return stream;
}

const messageOf = (overview: Overview): string => `data: ${JSON.stringify(overview)}\n\n`;

/** One text for all listeners of one overview. */
const tails = new WeakMap<Overview, string>();

function tailMessageOf(overview: Overview): string {
  const known = tails.get(overview);
  if (known !== undefined) return known;
  const text = messageOf({ ...overview, history: overview.history.slice(-1) });
  tails.set(overview, text);
  return text;
}
