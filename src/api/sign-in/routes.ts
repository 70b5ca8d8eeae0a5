// The sign-in page and what its form does. Invariant: after signing in one lands on a path of this server, never on
// another site, whatever `next` says.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { sendProblem } from '../problem.ts';
import { refuseForeign, sendTooMany } from './guard.ts';
import type { JudgePassword } from './password.ts';
import { isSameOrigin } from './same-origin.ts';
import { closeSession, hasSession, openSession } from './session.ts';

const bodySchema = z.object({ password: z.string().max(256) });
const querySchema = z.object({ next: z.string().max(2000).optional() });

const WRONG = 'That password is not right.';
const TOO_MANY = 'Too many wrong passwords from here. Wait a minute, then try again.';

export function signInRoutes(app: App, needs: ApiNeeds, judge: JudgePassword): void {
  const page = (reply: FastifyReply, status: number, message = '') =>
    sendPage(reply, needs.consoleDir, status, message);

  app.get('/sign-in', { config: { open: true }, schema: { hide: true } }, (request, reply) =>
    hasSession(request, needs.clock.now()) ? reply.redirect('/', 303) : page(reply, 200),
  );

  const posted = { body: bodySchema, querystring: querySchema, hide: true };
  app.post('/sign-in', { config: { open: true }, schema: posted }, async (request, reply) => {
    // signing somebody in from another site is how their later actions get recorded under a stranger's session
    if (isSameOrigin(request) === false) return refuseForeign(reply);
    const verdict = await judge(request, request.body.password);
    const form = isForm(request);
    if (verdict === 'too-many') return form ? page(reply, 429, TOO_MANY) : sendTooMany(reply);
    if (verdict === 'wrong') return form ? page(reply, 401, WRONG) : sendProblem(reply, 401, 'wrong_password', WRONG);
    openSession(reply, needs.clock.now());
    return form ? reply.redirect(localPath(request.query.next), 303) : reply.code(204).send();
  });

  app.post('/sign-out', { schema: { hide: true } }, async (request, reply) => {
    closeSession(reply);
    return isForm(request) ? reply.redirect('/sign-in', 303) : reply.code(204).send();
  });
}

const isForm = (request: FastifyRequest): boolean =>
  (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');

/** Resolved against a host that is not ours: what leaves it is another site (`//evil`, `/\evil`, `https:…`). */
function localPath(next: string | undefined): string {
  const base = 'http://this.invalid';
  if (next === undefined || !next.startsWith('/') || !URL.canParse(next, base)) return '/';
  const { origin, pathname, search } = new URL(next, base);
  return origin === base && !pathname.startsWith('//') ? `${pathname}${search}` : '/';
}

async function sendPage(reply: FastifyReply, consoleDir: string, status: number, message: string) {
  const html = await readFile(join(consoleDir, 'sign-in.html'), 'utf8');
  const shown = message === '' ? '' : `<p class="sign-in-problem" role="alert">${message}</p>`;
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(html.replace('<!-- message -->', shown));
}
