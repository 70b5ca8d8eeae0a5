// Users: the agents of the contact centre.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ContactCentre, User } from '../../centre/centre.ts';
import { notFound, parse } from '../error-body.ts';
import { divisionResource, listOf, pageOf } from './paging.ts';

const querySchema = z.object({ id: listOf(z.string().max(100)).optional() });
const paramsSchema = z.object({ userId: z.string() });

export function userRoutes(app: FastifyInstance, centre: ContactCentre): void {
  app.get('/users', (request) => {
    const { id } = parse(querySchema, request.query, 'query parameter');
    const asked = centre.users.filter((user) => id?.includes(user.id) ?? true);
    return pageOf(request, asked, (user) => userResource(user, centre));
  });
  app.get('/users/:userId', (request) => {
    const { userId } = paramsSchema.parse(request.params);
    const user = centre.users.find(({ id }) => id === userId);
    if (user === undefined) throw notFound('user');
    return userResource(user, centre);
  });
}

export const userResource = (
  { id, name, email, department }: User,
  centre: ContactCentre,
): Record<string, unknown> => ({
  id,
  name,
  email,
  username: email,
  department,
  state: 'active',
  title: 'Agent',
  acdAutoAnswer: false,
  version: 1,
  division: divisionResource(centre),
  selfUri: `/api/v2/users/${id}`,
});
