// The plan: what runs, with which settings, in which order.
import { describe, expect, test } from 'vitest';
import { loadConfig, type Environment } from '../../../src/config/load.ts';
import { makePlan, urlOf, type Plan } from '../../../src/cli/up/plan.ts';

const secrets = {
  eventsToken: 'a-token-made-for-events-1',
  consolePassword: 'made-pass-word',
  payloadKey: `${'A'.repeat(43)}=`,
  emulatorClientSecret: 'made-client-secret',
};
const planFor = async (environment: Environment): Promise<Plan> => {
  const loaded = loadConfig(environment);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return makePlan({ environment, config: loaded.config, dataDir: '/data' }, secrets);
};
const real = {
  THROUGHLINE_GENESYS_CLIENT_ID: 'a-client',
  THROUGHLINE_GENESYS_CLIENT_SECRET: 'a-secret',
  THROUGHLINE_CRM_URL: 'https://crm.example.com/records',
};
const names = (groups: Plan['startOrder']): string[][] => groups.map((group) => group.map(({ name }) => name));

describe('without credentials', () => {
  test('everything points at the emulators', async () => {
    const plan = await planFor({ THROUGHLINE_EMULATOR_PORT: '8810', THROUGHLINE_CRM_EMULATOR_PORT: '8811' });
    expect(plan.emulated).toBe(true);
    expect(plan.config).toMatchObject({
      genesysClientSecret: 'made-client-secret',
      genesysGatewayUrl: 'http://127.0.0.1:8810',
      crmUrl: 'http://127.0.0.1:8811/records',
      consolePassword: 'made-pass-word',
      payloadKey: secrets.payloadKey,
      dataDir: '/data',
      metricsScope: 'cluster',
      opsPort: 0,
    });
    expect(plan.ports.map(({ port, variable }) => `${variable}=${port}`)).toEqual([
      'THROUGHLINE_API_PORT=7700',
      'THROUGHLINE_EMULATOR_PORT=8810',
      'THROUGHLINE_CRM_EMULATOR_PORT=8811',
    ]);
  });

  test('the roles start from the platform to the ingester and stop along the path of an event', async () => {
    const plan = await planFor({});
    expect(names(plan.startOrder)).toEqual([['emulator'], ['worker-1', 'worker-2'], ['api'], ['ingester']]);
    expect(names(plan.stopOrder)).toEqual([['ingester'], ['worker-1', 'worker-2'], ['emulator'], ['api']]);
  });

  test('conversations are told of their moves, and the budget is as hurried as their lives', async () => {
    expect((await planFor({})).config).toMatchObject({
      conversationUpdateTarget: 'platform',
      emulatorRequestsPerMinute: 3000,
      genesysRequestsPerMinute: 3000,
    });
    expect((await planFor({ THROUGHLINE_EMULATOR_SPEED: '10000' })).config.genesysRequestsPerMinute).toBe(100_000);
  });

  test('a budget, or a target, that is set stays', async () => {
    const told = { THROUGHLINE_EMULATOR_REQUESTS_PER_MINUTE: '200', THROUGHLINE_CONVERSATION_UPDATE_TARGET: 'none' };
    expect((await planFor(told)).config).toMatchObject({
      conversationUpdateTarget: 'none',
      emulatorRequestsPerMinute: 200,
      genesysRequestsPerMinute: 200,
    });
    expect((await planFor({ THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: '150' })).config).toMatchObject({
      emulatorRequestsPerMinute: 3000,
      genesysRequestsPerMinute: 150,
    });
  });

  test('records may still go to a CRM of one’s own', async () => {
    const plan = await planFor({ THROUGHLINE_CRM_URL: 'http://127.0.0.1:9999/in' });
    expect(plan.config.crmUrl).toBe('http://127.0.0.1:9999/in');
  });
});

test('with credentials no emulator runs and its ports do not matter', async () => {
  const plan = await planFor({ ...real, THROUGHLINE_WORKERS: '1' });
  expect(plan.emulated).toBe(false);
  expect(names(plan.startOrder)).toEqual([[], ['worker-1'], ['api'], ['ingester']]);
  expect(plan.ports.map(({ variable }) => variable)).toEqual(['THROUGHLINE_API_PORT']);
  expect(plan.config).toMatchObject({ genesysClientId: 'a-client', crmUrl: 'https://crm.example.com/records' });
  expect(plan.config.genesysGatewayUrl).toBeUndefined();
});

test('what is set wins over what would be made', async () => {
  const plan = await planFor({ THROUGHLINE_CONSOLE_PASSWORD: 'my own password', THROUGHLINE_METRICS_SCOPE: 'process' });
  expect(plan.config).toMatchObject({ consolePassword: 'my own password', metricsScope: 'process' });
});

test('"any free port" becomes a port before others must know it', async () => {
  const plan = await planFor({ THROUGHLINE_API_PORT: '0', THROUGHLINE_EMULATOR_PORT: '0' });
  expect(plan.config.apiPort).toBeGreaterThan(0);
  expect(plan.consoleUrl).toBe(`http://127.0.0.1:${plan.config.apiPort}`);
  expect(plan.config.genesysGatewayUrl).toBe(`http://127.0.0.1:${plan.config.emulatorPort}`);
});

test.each([
  ['127.0.0.1', 'http://127.0.0.1:7700'],
  ['0.0.0.0', 'http://127.0.0.1:7700'],
  ['::', 'http://[::1]:7700'],
  ['localhost', 'http://localhost:7700'],
])('a server on %s is reached at %s', (host, url) => {
  expect(urlOf(host, 7700)).toBe(url);
});
