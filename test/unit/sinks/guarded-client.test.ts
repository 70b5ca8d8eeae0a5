// The way to the CRM: a CRM that fails is left alone and its batches keep their attempts; what it does is measured.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { createBreaker } from '../../../src/runtime/breaker.ts';
import { guardedClient } from '../../../src/sinks/crm/guarded-client.ts';
import { clientOf, failureOf, NOW, send, startCrmServer, type CrmServer } from './crm-server.ts';

let server: CrmServer;
beforeAll(async () => {
  server = await startCrmServer();
});
afterAll(() => server.close());

const guarded = () => {
  const metrics = createMetrics();
  const log = createLogger({ level: 'silent', role: 'test' });
  const breaker = createBreaker({ remote: 'crm', mostInFlight: 4, metrics, log });
  const client = guardedClient(clientOf({ url: server.url }), { breaker, metrics, now: () => NOW });
  return { metrics, post: () => send(client, [{ recordId: 'a' }]) };
};

describe('a CRM that answers with a web page', () => {
  it('is asked five times, then left alone; what waits is throttled and spends no attempt', async () => {
    server.answer = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
    server.seen.length = 0;
    const { post, metrics } = guarded();
    for (let n = 0; n < 5; n += 1) expect((await failureOf(post())).code).toBe('crm_not_json');
    expect(await failureOf(post())).toMatchObject({ kind: 'throttled', code: 'circuit_open' });
    expect(server.seen).toHaveLength(5);
    const exposed = await metrics.registry.metrics();
    expect(exposed).toContain('throughline_remote_requests_total{remote="crm",outcome="crm_not_json"} 5');
    expect(exposed).toContain('throughline_remote_held_back_total{remote="crm",reason="circuit_open"} 1');
  });

  it.each([400, 409, 429])('control: %i is an answer, which leaves the way open', async (status) => {
    server.answer = { status };
    const { post } = guarded();
    for (let n = 0; n < 7; n += 1) expect((await failureOf(post())).code).not.toBe('circuit_open');
  });
});
