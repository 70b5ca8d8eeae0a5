// Routing: the queues of the contact centre and who serves them.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ContactCentre, Queue } from '../../centre/centre.ts';
import { notFound, parse } from '../error-body.ts';
import { needs } from '../permissions.ts';
import { divisionResource, listOf, matchesName, pageOf } from './paging.ts';
import { userResource } from './users.ts';

const querySchema = z.object({
  name: z.string().max(200).optional(),
  id: listOf(z.string().max(100)).optional(),
});
const paramsSchema = z.object({ queueId: z.string() });

export function routingRoutes(app: FastifyInstance, centre: ContactCentre): void {
  const view = needs('routing:queue:view');
  const show = (queue: Queue): Record<string, unknown> => queueResource(queue, centre);
  const queueOf = (params: unknown): Queue => {
    const { queueId } = paramsSchema.parse(params);
    const queue = centre.queues.find(({ id }) => id === queueId);
    if (queue === undefined) throw notFound('queue');
    return queue;
  };

  app.get('/routing/queues', view, (request) => {
    const { name, id } = parse(querySchema, request.query, 'query parameter');
    const asked = centre.queues.filter((queue) => (id?.includes(queue.id) ?? true) && matchesName(queue.name, name));
    return pageOf(request, asked, show);
  });
  app.get('/routing/queues/:queueId', view, (request) => show(queueOf(request.params)));
  app.get('/routing/queues/:queueId/members', needs('routing:queue:view', 'routing:queueMember:manage'), (request) => {
    const { id: queueId } = queueOf(request.params);
    const members = centre.users.filter(({ queueIds }) => queueIds.includes(queueId));
    const page = pageOf(request, members, (user) => ({
      id: user.id,
      name: user.name,
      user: userResource(user, centre),
      ringNumber: 1,
      joined: true,
      memberBy: 'user',
      selfUri: `/api/v2/routing/queues/${queueId}/members/${user.id}`,
    }));
    // A list that can be long does not say how long.
    return { ...page, total: undefined, pageCount: undefined, lastUri: undefined };
  });
}

const queueResource = ({ id, name, description }: Queue, centre: ContactCentre): Record<string, unknown> => ({
  id,
  name,
  description,
  division: divisionResource(centre),
  memberCount: centre.users.filter(({ queueIds }) => queueIds.includes(id)).length,
  acwSettings: { wrapupPrompt: 'MANDATORY_TIMEOUT', timeoutMs: 30_000 },
  skillEvaluationMethod: 'BEST',
  selfUri: `/api/v2/routing/queues/${id}`,
});
