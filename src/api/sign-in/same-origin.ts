// Did this request come from one of our own pages? The guard against another site using a signed-in browser.
import type { FastifyRequest } from 'fastify';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export const changesState = (request: FastifyRequest): boolean => !SAFE_METHODS.has(request.method);

/**
 * Browsers say it themselves: `Sec-Fetch-Site` over https and on localhost, `Origin` everywhere else. Undefined when
 * neither is there: then no browser sent it.
 */
export function isSameOrigin(request: FastifyRequest): boolean | undefined {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin, host } = request.headers;
  if (origin === undefined) return undefined;
  return URL.canParse(origin) && new URL(origin).host === host;
}
