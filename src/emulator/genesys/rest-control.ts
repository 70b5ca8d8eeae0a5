// Controls of the REST side, under /emulator/rest: faults, the rate limit, what a client may do. Invariant: as all
// controls, no token is asked for, and a change holds from the next call on.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parse } from './error-body.ts';
import type { RateLimit } from './rate-limit.ts';
import { restFaultSchema, type RestFaults } from './rest-faults.ts';
import { EMULATOR_CLIENT, type SignIn } from './sign-in.ts';

const rateLimitSchema = z.object({ requestsPerMinute: z.number().int().min(1).max(10_000_000) });
const permissionsSchema = z.object({
  clientId: z.string().max(200).default(EMULATOR_CLIENT.id),
  /** What its roles do not give; the rest they do. */
  lacks: z.array(z.string().min(1).max(200)).max(1000),
});

export interface RestControlContext {
  readonly faults: RestFaults;
  readonly rateLimit: RateLimit;
  readonly signIn: SignIn;
}

export function restControlRoutes(app: FastifyInstance, { faults, rateLimit, signIn }: RestControlContext): void {
  app.post('/emulator/rest/faults', (request) => {
    faults.add(parse(restFaultSchema, request.body, 'body'));
    return { pending: faults.pending() };
  });
  app.delete('/emulator/rest/faults', () => {
    faults.clear();
    return { pending: 0 };
  });
  app.post('/emulator/rest/limit', (request) => {
    const { requestsPerMinute } = parse(rateLimitSchema, request.body, 'body');
    rateLimit.allow(requestsPerMinute);
    return { requestsPerMinute };
  });
  app.post('/emulator/rest/permissions', (request) => {
    const { clientId, lacks } = parse(permissionsSchema, request.body, 'body');
    signIn.withhold(clientId, lacks);
    return { clientId, lacks };
  });
}
