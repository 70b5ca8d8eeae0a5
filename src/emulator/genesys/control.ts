// The emulator's own controls, under /emulator: what tests, demonstrations and CI ask of it. Invariant: no platform path
// starts so, and nothing here needs a token; the emulator listens on loopback.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MAX_MERGED } from '../centre/contact-book.ts';
import type { Driver } from '../driver/driver.ts';
import { journeySchema } from '../scenarios/journey.ts';
import { notFound, parse, PlatformError } from './error-body.ts';
import type { ChannelSockets } from './channel-sockets.ts';

/** A raw frame may be larger than what a pipeline takes: that is what it is for. */
const MAX_CONTROL_BODY_BYTES = 16 * 1024 * 1024;

const startSchema = z.object({
  count: z.number().int().min(1).max(10_000).default(1),
  media: z.enum(['voice', 'message', 'email', 'callback']).optional(),
});
const runSchema = z.string().regex(/^[\w-]{1,64}$/);
const journeysSchema = z.object({
  run: runSchema,
  journey: journeySchema,
  seeds: z.array(z.number().int().min(0).max(0xff_ff_ff_ff)).min(1).max(1000),
});
const rateSchema = z.object({ conversationsPerMinute: z.number().min(0).max(600_000) });
const contactSchema = z.object({ contactId: z.string().max(64) });
const mergeSchema = z.object({ contactIds: z.array(z.string().max(64)).min(2).max(MAX_MERGED) });
const frameSchema = z.object({ raw: z.string().max(MAX_CONTROL_BODY_BYTES) });

export interface ControlContext {
  readonly driver: Driver;
  readonly sockets: ChannelSockets;
  readonly status: () => unknown;
}

export function controlRoutes(app: FastifyInstance, { driver, sockets, status }: ControlContext): void {
  const limits = { bodyLimit: MAX_CONTROL_BODY_BYTES };

  app.get('/emulator/status', () => status());
  app.get('/emulator/ledger', () => driver.ledger());
  app.post('/emulator/conversations', (request) => {
    const { count, media } = parse(startSchema, request.body ?? {}, 'body');
    const conversationIds = driver.start(count, media);
    return { started: conversationIds.length, conversationIds };
  });
  journeyRoutes(app, driver);
  app.post('/emulator/rate', (request) => {
    const { conversationsPerMinute } = parse(rateSchema, request.body, 'body');
    driver.setRate(conversationsPerMinute);
    return { conversationsPerMinute };
  });
  app.post('/emulator/contacts/change', (request) => {
    const { contactId } = parse(contactSchema, request.body, 'body');
    if (!driver.contacts.change(contactId)) throw notFound('contact');
    return { contactId };
  });
  app.post('/emulator/contacts/merge', (request) => {
    const merged = driver.contacts.merge(parse(mergeSchema, request.body, 'body').contactIds);
    if (typeof merged === 'string') {
      throw new PlatformError(400, 'bad.request', 'Two contacts or more that are there and not merged yet are needed');
    }
    return { changed: merged.mergeSet, contactId: merged.id };
  });
  app.post('/emulator/frames', limits, (request) => ({
    sockets: sockets.broadcast(parse(frameSchema, request.body, 'body').raw),
  }));
}

function journeyRoutes(app: FastifyInstance, { journeys }: Driver): void {
  app.post('/emulator/journeys', (request) => {
    const { run, journey, seeds } = parse(journeysSchema, request.body, 'body');
    for (const seed of seeds) journeys.start(run, journey, seed);
    return journeys.tally(run);
  });
  app.get<{ Params: { run: string } }>('/emulator/journeys/:run', ({ params }) => {
    const tally = journeys.tally(params.run);
    if (tally === undefined) throw notFound('run');
    return tally;
  });
}
