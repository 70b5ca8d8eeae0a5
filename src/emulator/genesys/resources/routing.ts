// Routing: the queues of the contact centre.
import type { FastifyInstance } from 'fastify';
import type { ContactCentre, Queue } from '../../centre/centre.ts';
import { pageOf } from './paging.ts';

export function routingRoutes(app: FastifyInstance, centre: ContactCentre): void {
  const { division } = centre;
  const show = ({ id, name, description }: Queue): Record<string, unknown> => ({
    id,
    name,
    description,
    division: { id: division.id, name: division.name, selfUri: `/api/v2/authorization/divisions/${division.id}` },
    memberCount: centre.users.filter(({ queueIds }) => queueIds.includes(id)).length,
    acwSettings: { wrapupPrompt: 'MANDATORY_TIMEOUT', timeoutMs: 30_000 },
    skillEvaluationMethod: 'BEST',
    selfUri: `/api/v2/routing/queues/${id}`,
  });
  app.get('/routing/queues', (request) => pageOf(request, centre.queues, show));
}
