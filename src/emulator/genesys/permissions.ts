// What a call of the platform's API needs, and whether its client has it. Invariant: a client may do everything but what
// its roles were said to lack.
import type { RouteShorthandOptions } from 'fastify';
import { missingPermissions } from './error-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Permissions any one of which lets a call through; any token does where there are none. */
    needsAnyOf?: readonly string[];
  }
}

/** For a route: any one of these permissions, as the platform documents the operation. */
export const needs = (...permissions: readonly string[]): RouteShorthandOptions => ({
  config: { needsAnyOf: permissions },
});

/** Throws the platform's 403 when all that would do are lacking. */
export function demand(needsAnyOf: readonly string[] | undefined, lacks: readonly string[]): void {
  if (needsAnyOf === undefined || needsAnyOf.some((permission) => !lacks.includes(permission))) return;
  throw missingPermissions(needsAnyOf);
}
