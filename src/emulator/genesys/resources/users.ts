// Users: the agents of the contact centre.
import type { FastifyInstance } from 'fastify';
import type { ContactCentre, User } from '../../centre/centre.ts';
import { pageOf } from './paging.ts';

export function userRoutes(app: FastifyInstance, centre: ContactCentre): void {
  const { division } = centre;
  const show = ({ id, name, email, department }: User): Record<string, unknown> => ({
    id,
    name,
    email,
    username: email,
    department,
    state: 'active',
    title: 'Agent',
    acdAutoAnswer: false,
    version: 1,
    division: { id: division.id, name: division.name, selfUri: `/api/v2/authorization/divisions/${division.id}` },
    selfUri: `/api/v2/users/${id}`,
  });
  app.get('/users', (request) => pageOf(request, centre.users, show));
}
