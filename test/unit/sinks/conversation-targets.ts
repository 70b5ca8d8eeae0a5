// The targets under test, each with the stores it writes to.
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createRest } from '../../../src/genesys/rest.ts';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import type { Breaker } from '../../../src/runtime/breaker.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { httpTarget } from '../../../src/sinks/conversation/http-target.ts';
import { EtagStores } from '../../support/etag-stores.ts';
import { PlatformStores } from '../../support/platform-stores.ts';
import type { VersionedStores } from '../../support/versioned-stores.ts';
import { platformTarget } from '../../../src/sinks/conversation/platform-target.ts';
import type { ConversationTarget } from '../../../src/sinks/conversation/target.ts';

export const STAMPS = 'throughlineStamps';

export const platformAt = (url: string, schemaId?: string): ConversationTarget => {
  const { id, secret } = EMULATOR_CLIENT;
  const { login, api } = platformUrls({ region: 'mypurecloud.com', gatewayUrl: url });
  const tokens = createSignIn({ url: login, clientId: id, clientSecret: secret, clock: systemClock });
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

export interface Case {
  readonly name: string;
  readonly start: () => Promise<VersionedStores>;
  readonly targetAt: (url: string) => ConversationTarget;
}

const resource = (method: 'PATCH' | 'PUT'): Case => ({
  name: `an HTTP resource, ${method}`,
  start: () => EtagStores.start(),
  targetAt: (url) => httpAt(url, method),
});

export const TARGETS: readonly Case[] = [
  { name: 'the platform’s custom attributes', start: () => PlatformStores.start(), targetAt: (url) => platformAt(url) },
  resource('PATCH'),
  resource('PUT'),
];
