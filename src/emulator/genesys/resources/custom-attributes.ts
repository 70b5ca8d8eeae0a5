// Custom attributes of a conversation: records with a version, one by one and in bulk. Invariant: a write that names a
// version changes that version or nothing (409); each write that is taken raises the version by one.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { CustomAttributesRecord, LiveConversation } from '../../conversation/live-conversation.ts';
import type { Driver } from '../../driver/driver.ts';
import { conflict, notFound, parse, PlatformError } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { searchRoute } from './custom-attributes-search.ts';
import { conversationOf } from './lookup.ts';

/** Our bounds: the platform's own are those of the schema. */
const MAX_RECORDS = 20;
const MAX_VALUES = 200;

const writeSchema = z.object({
  id: z.string().min(1).max(100),
  schemaId: z.string().max(100).optional(),
  divisions: z.array(z.string().max(100)).max(100).optional(),
  version: z.number().int().min(0).optional(),
  customAttributes: z.record(z.string().min(1).max(256), z.json()),
});
type Write = z.output<typeof writeSchema>;
/** One record comes up once: which of two answers would stand under its id? */
const bulkSchema = z
  .array(writeSchema)
  .min(1)
  .max(MAX_RECORDS)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'must name each record once');
const paramsSchema = z.object({ attributesId: z.string() });

type Writer = (conversation: LiveConversation, asked: Write, now: string) => CustomAttributesRecord;

export function customAttributesRoutes(app: FastifyInstance, driver: Driver): void {
  const path = '/conversations/:conversationId/customattributes';
  const view = needs('conversation:customAttributes:view');
  const edit = needs('conversation:customAttributes:edit');

  app.get(path, view, (request) => {
    const conversation = conversationOf(driver, request.params);
    return { results: [...conversation.customAttributes.values()].map((record) => show(record, conversation.id)) };
  });
  app.get(`${path}/:attributesId`, view, (request) => {
    const conversation = conversationOf(driver, request.params);
    const record = conversation.customAttributes.get(paramsSchema.parse(request.params).attributesId);
    if (record === undefined) throw notFound('custom attributes');
    return show(record, conversation.id);
  });
  app.put(path, edit, (request) => {
    const conversation = conversationOf(driver, request.params);
    return { id: replace(conversation, parse(writeSchema, request.body, 'body'), driver.now()).id };
  });
  app.patch(path, edit, (request, reply) => {
    amend(conversationOf(driver, request.params), parse(writeSchema, request.body, 'body'), driver.now());
    return reply.code(204).send();
  });
  app.put(`${path}/bulk`, edit, (request) => inBulk(driver, request, replace));
  app.patch(`${path}/bulk`, edit, (request) => inBulk(driver, request, amend));
  searchRoute(app, driver, show);
}

const replace: Writer = (conversation, asked, now) => write(conversation, asked, current(conversation, asked), now);

const amend: Writer = (conversation, asked, now) => {
  const before = current(conversation, asked);
  if (before === undefined) throw notFound('custom attributes');
  const customAttributes = { ...before.values, ...asked.customAttributes } as Write['customAttributes'];
  return write(conversation, { ...asked, customAttributes }, before, now);
};

/** Each of a bulk stands for itself: one that is refused holds up no other. */
function inBulk(driver: Driver, { params, body }: FastifyRequest, writer: Writer): Record<string, unknown> {
  const conversation = conversationOf(driver, params);
  const results = parse(bulkSchema, body, 'body').map((asked) => {
    try {
      const attributes = show(writer(conversation, asked, driver.now()), conversation.id);
      return [asked.id, { attributes, statusCode: 200 }] as const;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      return [asked.id, { statusCode: error.status, errorMessage: error.message }] as const;
    }
  });
  return { results: Object.fromEntries(results) };
}

/** The record as it is, its version being the one asked for. */
function current({ customAttributes }: LiveConversation, { id, version }: Write): CustomAttributesRecord | undefined {
  const before = customAttributes.get(id);
  // Version 0 is that of a record which is not there yet.
  if (version === undefined || version === (before?.version ?? 0)) return before;
  throw conflict(`The version is ${before?.version ?? 0}, not ${version}: read it again`);
}

function write(
  { customAttributes: records }: LiveConversation,
  { id, schemaId, divisions, customAttributes: values }: Write,
  before: CustomAttributesRecord | undefined,
  now: string,
): CustomAttributesRecord {
  if (Object.keys(values).length > MAX_VALUES || (before === undefined && records.size >= MAX_RECORDS)) {
    throw new PlatformError(400, 'bad.request', `At most ${MAX_RECORDS} records of ${MAX_VALUES} attributes each`);
  }
  const record = {
    id,
    version: (before?.version ?? 0) + 1,
    schemaId: schemaId ?? before?.schemaId,
    divisions: divisions ?? before?.divisions,
    values,
    times: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, timeOf(before, key, value) ?? now])),
    dateCreated: before?.dateCreated ?? now,
    dateModified: now,
  };
  records.set(id, record);
  return record;
}

/** A value that stays keeps its time. */
function timeOf(before: CustomAttributesRecord | undefined, key: string, value: unknown): string | undefined {
  return JSON.stringify(before?.values[key]) === JSON.stringify(value) ? before?.times[key] : undefined;
}

const show = (record: CustomAttributesRecord, conversationId: string): Record<string, unknown> => ({
  id: record.id,
  conversationId,
  divisions: record.divisions,
  schema: record.schemaId === undefined ? undefined : { id: record.schemaId },
  customAttributes: record.values,
  customAttributesTimestamps: record.times,
  version: record.version,
  dateCreated: record.dateCreated,
  dateModified: record.dateModified,
  selfUri: `/api/v2/conversations/${conversationId}/customattributes/${record.id}`,
});
