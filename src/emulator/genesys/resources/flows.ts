// Flows of Architect with what they take in. Invariant: the inputs of a flow are JSON Schema, as on the platform.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ContactCentre } from '../../centre/centre.ts';
import type { Flow } from '../../centre/flows.ts';
import type { SchemaShelf } from '../schema-shelf.ts';
import { notFound, parse } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { listOf, matchesName, pageOf } from './paging.ts';

const querySchema = z.object({
  type: listOf(z.string().max(100)).optional(),
  id: listOf(z.string().max(100)).optional(),
  name: z.string().max(200).optional(),
  includeSchemas: z.stringbool().default(false),
});
const paramsSchema = z.object({ flowId: z.string() });

export function flowRoutes(app: FastifyInstance, centre: ContactCentre, shelf: SchemaShelf): void {
  const view = needs('architect:flow:view');
  const flowOf = (params: unknown): Flow => {
    const { flowId } = paramsSchema.parse(params);
    const flow = shelf.flows().find(({ id }) => id === flowId);
    if (flow === undefined) throw notFound('flow');
    return flow;
  };

  app.get('/flows', view, (request) => {
    const { type, id, name, includeSchemas } = parse(querySchema, request.query, 'query parameter');
    const asked = shelf
      .flows()
      .filter(
        (flow) =>
          (type?.includes(flow.type) ?? true) && (id?.includes(flow.id) ?? true) && matchesName(flow.name, name),
      );
    return pageOf(request, asked, (flow) => (includeSchemas ? withSchemas(flow, centre) : show(flow, centre)));
  });
  app.get('/flows/:flowId', view, (request) => withSchemas(flowOf(request.params), centre));
  app.get('/flows/:flowId/latestconfiguration', view, (request) => {
    const { id, name, type, inputSchema } = flowOf(request.params);
    return {
      id,
      name,
      type,
      variables: Object.keys(inputSchema['properties'] ?? {}).map((variable) => ({ name: variable })),
    };
  });
}

const show = ({ id, name, type, description }: Flow, { division }: ContactCentre): Record<string, unknown> => ({
  id,
  name,
  description,
  type,
  division: { id: division.id, name: division.name },
  active: true,
  system: false,
  deleted: false,
  publishedVersion: { id: '1.0', commitVersion: '1', type: 'PUBLISH', secure: false },
  selfUri: `/api/v2/flows/${id}`,
});

const withSchemas = (flow: Flow, centre: ContactCentre): Record<string, unknown> => ({
  ...show(flow, centre),
  inputSchema: flow.inputSchema,
  outputSchema: flow.outputSchema,
});
