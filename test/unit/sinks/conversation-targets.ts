// The targets under test, each against the same stores.
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createRest } from '../../../src/genesys/rest.ts';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import type { Breaker } from '../../../src/runtime/breaker.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { httpTarget } from '../../../src/sinks/conversation/http-target.ts';
import { platformTarget } from '../../../src/sinks/conversation/platform-target.ts';
import type { ConversationTarget } from '../../../src/sinks/conversation/target.ts';

export const STAMPS = 'throughlineStamps';

export const platformAt = (url: string, schemaId?: string): ConversationTarget => {
  const { login, api } = platformUrls({ region: 'mypurecloud.com', gatewayUrl: url });
  const tokens = createSignIn({ url: login, clientId: 'id', clientSecret: 'secret', clock: systemClock });
  return platformTarget({ rest: createRest({ url: api, tokens }), schemaId, stampsKey: STAMPS });
};

/** Lets everything through: what a target's answers mean is not to depend on those before. */
const open: Breaker = { run: (work) => work() };

export const httpAt = (url: string, method: 'PATCH' | 'PUT' = 'PATCH', breaker = open): ConversationTarget =>
  httpTarget({
    url: `${url}/conversations/{conversationId}`,
    method,
    token: 'secret-token',
    timeoutMs: 2000,
    stampsKey: STAMPS,
    breaker,
    now: () => 0,
  });

export const TARGETS = [
  ['the platform’s custom attributes', platformAt],
  ['an HTTP resource, PATCH', (url: string) => httpAt(url, 'PATCH')],
  ['an HTTP resource, PUT', (url: string) => httpAt(url, 'PUT')],
] as const;
