// The platform's REST API for a role: one token, one budget and one pause for all replicas, a breaker for this process.
import { createGate } from '../../src/genesys/gate.ts';
import { platformUrls } from '../../src/genesys/platform-url.ts';
import { createRest, type Rest } from '../../src/genesys/rest.ts';
import { createSignIn } from '../../src/genesys/sign-in.ts';
import { shareTokens } from '../../src/stores/tokens/token-share.ts';
import { createBreaker } from '../../src/runtime/breaker.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { rateLimitIn } from '../../src/stores/rate-limit/rate-limit.ts';
import { payloadKeyOf, required, type Foundation } from './foundation.ts';

type PlatformNeeds = Pick<Foundation, 'config' | 'clock' | 'redis' | 'keys' | 'metrics' | 'log' | 'onRedisError'>;

const opened = new WeakMap<PlatformNeeds, Rest>();

/** The same for all who share a foundation: breaker and bound on requests under way are the process's own. */
export function platformRest(base: PlatformNeeds): Rest {
  const rest = opened.get(base) ?? openRest(base);
  opened.set(base, rest);
  return rest;
}

function openRest(base: PlatformNeeds): Rest {
  const { config, clock, redis, keys, metrics, log, onRedisError } = base;
  const { login: url, api } = platformUrls({ region: config.genesysRegion, gatewayUrl: config.genesysGatewayUrl });
  const advice =
    'or run `throughline up`, which starts the emulator, or set THROUGHLINE_GENESYS_STREAM=off to take envelopes only';
  const id = required(config.genesysClientId, 'THROUGHLINE_GENESYS_CLIENT_ID', advice);
  const secret = required(config.genesysClientSecret, 'THROUGHLINE_GENESYS_CLIENT_SECRET', advice);
  const share = shareTokens({
    redis,
    keys,
    seal: sealWith(payloadKeyOf(config)),
    client: { url, id, secret },
    onError: onRedisError,
  });
  const rate = rateLimitIn({ redis, key: keys.rateLimit('genesys'), perMinute: config.genesysRequestsPerMinute });
  const mostInFlight = config.genesysMaxConcurrentRequests;
  return createRest({
    url: api,
    tokens: createSignIn({ url, clientId: id, clientSecret: secret, clock, share }),
    gate: createGate({
      rate,
      breaker: createBreaker({ remote: 'genesys', mostInFlight, metrics, log }),
      metrics,
      clock,
      onRedisError,
    }),
  });
}
