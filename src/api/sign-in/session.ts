// The session of someone who signed in: a signed cookie that says when it ends, and nothing kept on the server.
// Invariant: a cookie is good only while its signature holds, and the key changes with the password.
import fastifyCookie from '@fastify/cookie';
import { createHmac } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';

export const SESSION_COOKIE = 'throughline_session';
export const SESSION_MS = 12 * 60 * 60 * 1000;

export async function useSessions(app: App, needs: Pick<ApiNeeds, 'sessionKey' | 'password'>): Promise<void> {
  // a new password ends all sessions: they were signed under the old one
  const secret = createHmac('sha256', needs.sessionKey).update(needs.password).digest('base64');
  await app.register(fastifyCookie, { secret });
}

export function openSession(reply: FastifyReply, now: number): void {
  reply.setCookie(SESSION_COOKIE, String(now + SESSION_MS), {
    signed: true,
    httpOnly: true,
    sameSite: 'strict',
    secure: 'auto',
    path: '/',
    maxAge: SESSION_MS / 1000,
  });
}

export function closeSession(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, { httpOnly: true, sameSite: 'strict', path: '/' });
}

export function hasSession(request: FastifyRequest, now: number): boolean {
  const cookie = request.cookies[SESSION_COOKIE];
  if (cookie === undefined) return false;
  const { valid, value } = request.unsignCookie(cookie);
  return valid && Number(value) > now;
}
