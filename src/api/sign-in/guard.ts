// Who may ask: every route is closed unless its `config.open` says otherwise. Invariant: a page sends people to the
// sign-in, the API answers 401, and no challenge header is ever sent (a browser would keep asking for a password).
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { sendProblem } from '../problem.ts';
import type { JudgePassword } from './password.ts';
import { changesState, isSameOrigin } from './same-origin.ts';
import { hasSession } from './session.ts';

export function guard(app: App, judge: JudgePassword, { clock }: Pick<ApiNeeds, 'clock'>): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 || request.routeOptions.config.open === true) return undefined;
    const given = basicPassword(request);
    if (given !== undefined) return judgeBasic(request, reply, given, judge);
    if (!hasSession(request, clock.now())) return refuse(request, reply);
    if (changesState(request) && isSameOrigin(request) !== true) return refuseForeign(reply);
    return undefined;
  });
}

async function judgeBasic(request: FastifyRequest, reply: FastifyReply, given: string, judge: JudgePassword) {
  const verdict = await judge(request, given);
  if (verdict === 'right') return undefined;
  if (verdict === 'too-many') return sendTooMany(reply);
  return sendProblem(reply, 401, 'wrong_password', 'The password is not right; the user name does not matter.');
}

/** Any user name: there is one password. */
function basicPassword(request: FastifyRequest): string | undefined {
  const [scheme, credentials] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || credentials === undefined) return undefined;
  const decoded = Buffer.from(credentials, 'base64').toString('utf8');
  return decoded.slice(decoded.indexOf(':') + 1);
}

function refuse(request: FastifyRequest, reply: FastifyReply) {
  const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
  if (!wantsPage) {
    return sendProblem(reply, 401, 'not_signed_in', 'Sign in at /sign-in, or send the password by HTTP Basic.');
  }
  const next = request.url === '/' ? '' : `?next=${encodeURIComponent(request.url)}`;
  return reply.redirect(`/sign-in${next}`, 303);
}

export const refuseForeign = (reply: FastifyReply) =>
  sendProblem(reply, 403, 'foreign_origin', 'A change must come from one of this server’s own pages.');

export const sendTooMany = (reply: FastifyReply) =>
  sendProblem(reply.header('retry-after', '60'), 429, 'too_many_attempts', 'Wait a minute before the next try.');
