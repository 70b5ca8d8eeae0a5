// Security headers. Invariant: pages load from this server alone; Bull Board and the API docs get what they need on
// their own paths, and nothing more than inline styles and a base address.
import fastifyHelmet from '@fastify/helmet';
import type { App } from './app.ts';

const STRICT = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  manifestSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
};

const WITH_INLINE_STYLES = { ...STRICT, styleSrc: ["'self'", "'unsafe-inline'"], baseUri: ["'self'"] };

const policy = (directives: Record<string, string[]>): string =>
  Object.entries(directives)
    .map(([name, values]) => `${name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} ${values.join(' ')}`)
    .join(';');

export const INLINE_STYLES_POLICY = policy(WITH_INLINE_STYLES);

export async function useSecurityHeaders(app: App): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { useDefaults: false, directives: STRICT },
    // whoever ends TLS in front of this server decides about it
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
  });
}
