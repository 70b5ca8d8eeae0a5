// Schemas of conversations' custom attributes. Invariant: they are read here; what is written to a conversation is not
// held against them.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ContactCentre } from '../../centre/centre.ts';
import { notFound } from '../error-body.ts';
import { needs } from '../permissions.ts';
import type { SchemaShelf } from '../schema-shelf.ts';

const PATH = '/conversations/customattributes/schemas';
const paramsSchema = z.object({ schemaId: z.string() });

export function attributesSchemaRoutes(app: FastifyInstance, { users }: ContactCentre, shelf: SchemaShelf): void {
  const view = needs('conversation:customAttributes:schemaView');
  const createdBy = users[0]?.id;
  const show = ({ id, version, jsonSchema }: ReturnType<SchemaShelf['attributesSchemas']>[number]) => ({
    id,
    version,
    enabled: true,
    dateCreated: '2026-01-05T09:00:00.000Z',
    ...(createdBy === undefined ? {} : { createdBy: { id: createdBy, selfUri: `/api/v2/users/${createdBy}` } }),
    jsonSchema,
    selfUri: `/api/v2${PATH}/${id}`,
  });

  app.get(PATH, view, () => {
    const all = shelf.attributesSchemas();
    return { total: all.length, entities: all.map(show), selfUri: `/api/v2${PATH}` };
  });
  app.get(`${PATH}/:schemaId`, view, (request) => {
    const { schemaId } = paramsSchema.parse(request.params);
    const found = shelf.attributesSchemas().find(({ id }) => id === schemaId);
    if (found === undefined) throw notFound('schema');
    return show(found);
  });
}
