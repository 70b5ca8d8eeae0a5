// The topics that can be subscribed to. Invariant: only the id and what access it asks for are there unless a field is
// asked for with `expand`, as on the platform.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parse } from '../error-body.ts';
import { TOPIC_TEMPLATES, type TopicTemplate } from '../topics.ts';

const FIELDS = [
  'description',
  'enforced',
  'schema',
  'visibility',
  'transports',
  'publicApiTemplateUriPaths',
  'requiresPermissions',
  'permissionDetails',
  'topicParameters',
] as const;
type Field = (typeof FIELDS)[number];

/** `expand=a&expand=b` or `expand=a,b`: clients write it both ways. */
const querySchema = z.object({
  expand: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((given) => [given].flat().flatMap((one) => one.split(',')))
    .pipe(z.array(z.enum(FIELDS)).max(100)),
});

const describe: Readonly<Record<Field, (topic: TopicTemplate) => unknown>> = {
  description: ({ description }) => description,
  enforced: () => true,
  schema: ({ bodyClass }) => ({ $schema: 'http://json-schema.org/draft-04/schema#', title: bodyClass, type: 'object' }),
  visibility: () => 'Public',
  transports: () => ['Websocket', 'EventBridge'],
  publicApiTemplateUriPaths: () => [],
  requiresPermissions: ({ requiresPermissions }) => requiresPermissions,
  permissionDetails: ({ requiresPermissions }) =>
    requiresPermissions.map((permission) => ({ type: 'requiresPermissions', permissions: [permission] })),
  topicParameters: () => ['id'],
};

export function availableTopicRoutes(app: FastifyInstance): void {
  app.get('/notifications/availabletopics', (request) => {
    const { expand } = parse(querySchema, request.query, 'query parameter');
    return { entities: TOPIC_TEMPLATES.map((topic) => show(topic, expand)) };
  });
}

function show(topic: TopicTemplate, expand: readonly Field[]): Record<string, unknown> {
  const { id } = topic;
  const expanded = Object.fromEntries(expand.map((field) => [field, describe[field](topic)]));
  return { id, requiresCurrentUser: false, requiresDivisionPermissions: false, ...expanded };
}
