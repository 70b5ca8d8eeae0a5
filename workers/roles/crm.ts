// The CRM for a role: the mapping's client behind a breaker of this process.
import { createBreaker } from '../../src/runtime/breaker.ts';
import { crmClient, type CrmClient } from '../../src/sinks/crm/crm-client.ts';
import { guardedClient } from '../../src/sinks/crm/guarded-client.ts';
import { loadMapping } from '../../src/sinks/crm/mapping/read.ts';
import { required, type Foundation } from './foundation.ts';

export function openCrm({ config, clock, metrics, log }: Foundation, mostInFlight: number): CrmClient {
  const url = required(config.crmUrl, 'THROUGHLINE_CRM_URL', 'or run `throughline up`, which starts an emulated CRM');
  const { crmTimeoutMs: timeoutMs, crmToken: token, crmClientId: clientId, crmClientSecret: clientSecret } = config;
  const credentials = { token, clientId, clientSecret };
  const now = (): number => clock.now();
  const client = crmClient({ url, mapping: loadMapping(config.crmMapping), credentials, timeoutMs, now });
  return guardedClient(client, { breaker: createBreaker({ remote: 'crm', mostInFlight, metrics, log }), metrics, now });
}
