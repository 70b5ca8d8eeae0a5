// The CRM for a role: the mapping's client behind a breaker of this process, with one token for all replicas.
import { createBreaker } from '../../src/runtime/breaker.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { tokenUrlOf } from '../../src/sinks/crm/auth.ts';
import { crmClient, type CrmClient } from '../../src/sinks/crm/crm-client.ts';
import { guardedClient } from '../../src/sinks/crm/guarded-client.ts';
import { loadMapping } from '../../src/sinks/crm/mapping/read.ts';
import type { Auth } from '../../src/sinks/crm/mapping/schema.ts';
import { shareTokens, type TokenShare } from '../../src/stores/tokens/token-share.ts';
import { payloadKeyOf, required, type Foundation } from './foundation.ts';

export function openCrm(base: Foundation, mostInFlight: number): CrmClient {
  const { config, clock, metrics, log } = base;
  const url = required(config.crmUrl, 'THROUGHLINE_CRM_URL', 'or run `throughline up`, which starts an emulated CRM');
  const { crmTimeoutMs: timeoutMs, crmToken: token, crmClientId: clientId, crmClientSecret: clientSecret } = config;
  const mapping = loadMapping(config.crmMapping);
  const credentials = { token, clientId, clientSecret };
  const share = crmTokens(base, mapping.auth, url);
  const client = crmClient({ url, mapping, credentials, timeoutMs, clock, share });
  const breaker = createBreaker({ remote: 'crm', mostInFlight, metrics, log });
  return guardedClient(client, { breaker, metrics, now: () => clock.now() });
}

/** Undefined where nobody signs in. */
export function crmTokens(base: Foundation, auth: Auth | undefined, crmUrl: string): TokenShare | undefined {
  if (auth?.type !== 'oauth2') return undefined;
  const { config, redis, keys, onRedisError } = base;
  const { crmClientId: id = '', crmClientSecret: secret = '' } = config;
  return shareTokens({
    redis,
    keys,
    seal: sealWith(payloadKeyOf(config)),
    // of another scope it is another token
    client: { url: `${tokenUrlOf(auth, crmUrl)} ${auth.scope ?? ''}`, id, secret },
    onError: onRedisError,
  });
}
