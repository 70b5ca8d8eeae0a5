// Broken configurations give readable messages: the exact text is the contract, since a person acts on it alone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { Config } from '../../../src/config/entries.ts';
import { describeProblems, loadConfig, type Environment } from '../../../src/config/load.ts';
import { temporaryFolder } from '../cli/temporary-folder.ts';

const folder = temporaryFolder();
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const problemsOf = (env: Environment): string[] => {
  const loaded = loadConfig(env);
  return loaded.ok ? [] : loaded.problems.map(({ variable, message }) => `${variable}: ${message}`);
};

const credentials = {
  THROUGHLINE_GENESYS_CLIENT_ID: 'a-client',
  THROUGHLINE_GENESYS_CLIENT_SECRET: 'shhh',
  THROUGHLINE_CRM_URL: 'https://crm.example.com/records',
};

const broken: readonly (readonly [name: string, env: Environment, message: string])[] = [
  [
    'a port that is no number',
    { THROUGHLINE_API_PORT: 'http' },
    'THROUGHLINE_API_PORT: "http" must be a whole number from 0 to 65535. Example: THROUGHLINE_API_PORT=7700',
  ],
  [
    'a port out of range',
    { THROUGHLINE_EMULATOR_PORT: '70000' },
    'THROUGHLINE_EMULATOR_PORT: "70000" must be a whole number from 0 to 65535. Example: THROUGHLINE_EMULATOR_PORT=7710',
  ],
  [
    'a fraction where a whole number is due',
    { THROUGHLINE_WORKERS: '1.5' },
    'THROUGHLINE_WORKERS: "1.5" must be a whole number from 1 to 64. Example: THROUGHLINE_WORKERS=4',
  ],
  [
    'a unit in the value',
    { THROUGHLINE_DRAIN_DEADLINE_MS: '25s' },
    'THROUGHLINE_DRAIN_DEADLINE_MS: "25s" must be a whole number from 1000 to 600000. Example: THROUGHLINE_DRAIN_DEADLINE_MS=25000',
  ],
  [
    'an unknown log level',
    { THROUGHLINE_LOG_LEVEL: 'verbose' },
    'THROUGHLINE_LOG_LEVEL: "verbose" must be one of fatal, error, warn, info, debug, trace, silent. Example: THROUGHLINE_LOG_LEVEL=debug',
  ],
  [
    'a Redis address of another kind, not shown because it may hold a password',
    { REDIS_URL: 'http://user:hunter22@redis' },
    'REDIS_URL: the value (not shown) must be redis://host:port/0, rediss://host:port/0 or unix:/path/to/redis.sock.',
  ],
  [
    'a Redis database that is no number',
    { REDIS_URL: 'redis://redis:6379/main' },
    'REDIS_URL: the value (not shown) must be redis://host:port/0, rediss://host:port/0 or unix:/path/to/redis.sock.',
  ],
  [
    'a prefix with a colon',
    { THROUGHLINE_REDIS_PREFIX: 'a:b' },
    'THROUGHLINE_REDIS_PREFIX: "a:b" must be 1 to 20 of a-z, 0-9 and -. Example: THROUGHLINE_REDIS_PREFIX=tl-staging',
  ],
  [
    'an address without a scheme',
    { THROUGHLINE_CRM_URL: 'crm.example.com/records' },
    'THROUGHLINE_CRM_URL: "crm.example.com/records" must be an http:// or https:// address. Example: THROUGHLINE_CRM_URL=https://crm.example.com/records',
  ],
  [
    'queues that are no ids',
    { THROUGHLINE_GENESYS_QUEUES: 'Billing,Sales' },
    'THROUGHLINE_GENESYS_QUEUES: "Billing,Sales" must be "all", "none", or ids (UUIDs) joined by commas. Example: THROUGHLINE_GENESYS_QUEUES=all',
  ],
  [
    'a short password, not shown',
    { THROUGHLINE_CONSOLE_PASSWORD: 'swordfi' },
    'THROUGHLINE_CONSOLE_PASSWORD: the value (not shown) must have 8 to 256 characters.',
  ],
  [
    'a key that is no key',
    { THROUGHLINE_PAYLOAD_KEY: 'not-a-key' },
    'THROUGHLINE_PAYLOAD_KEY: the value (not shown) must be 32 bytes in base64 (openssl rand -base64 32 makes them).',
  ],
  [
    'a slip of the finger in a name',
    { THROUGHLINE_API_PROT: '7700' },
    'THROUGHLINE_API_PROT: no such setting. Did you mean THROUGHLINE_API_PORT?',
  ],
  [
    'a name like nothing known',
    { THROUGHLINE_COFFEE_MACHINE_TEMPERATURE: '90' },
    'THROUGHLINE_COFFEE_MACHINE_TEMPERATURE: no such setting. `throughline config docs` lists them all.',
  ],
  [
    'a file for what is no secret',
    { THROUGHLINE_API_PORT_FILE: '/run/port' },
    'THROUGHLINE_API_PORT_FILE: it cannot come from a file. Set THROUGHLINE_API_PORT itself.',
  ],
  [
    'a secret file that is not there',
    { REDIS_URL_FILE: '/no/such/file' },
    'REDIS_URL_FILE: "/no/such/file" cannot be read (ENOENT). It must name a readable file that holds REDIS_URL and nothing else.',
  ],
  [
    'a secret file that is a folder',
    { REDIS_URL_FILE: folder },
    `REDIS_URL_FILE: "${folder}" is not a file. It must name a readable file that holds REDIS_URL and nothing else.`,
  ],
  [
    'an empty secret file',
    { REDIS_URL_FILE: file('empty', '\n') },
    `REDIS_URL_FILE: "${join(folder, 'empty')}" is empty. It must name a readable file that holds REDIS_URL and nothing else.`,
  ],
  [
    'a secret given twice',
    { THROUGHLINE_CONSOLE_PASSWORD: 'correct horse', THROUGHLINE_CONSOLE_PASSWORD_FILE: '/run/secrets/password' },
    'THROUGHLINE_CONSOLE_PASSWORD: is set, and THROUGHLINE_CONSOLE_PASSWORD_FILE is set too. Keep one of the two.',
  ],
  [
    'a flush interval that outlasts the drain',
    { THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '30000' },
    'THROUGHLINE_CRM_FLUSH_INTERVAL_MS: 30000 must be less than THROUGHLINE_DRAIN_DEADLINE_MS (25000): a batch that has just begun to wait must still be sent before a stopping process gives up.',
  ],
  [
    'a linger that outlasts the yield',
    { THROUGHLINE_PARTITION_LINGER_MS: '5000' },
    'THROUGHLINE_PARTITION_LINGER_MS: 5000 must be less than THROUGHLINE_PARTITION_YIELD_MS (5000): a worker would keep an empty partition longer than a busy one.',
  ],
  [
    'ended conversations remembered longer than open ones',
    { THROUGHLINE_STATE_ENDED_TTL_MINUTES: '90', THROUGHLINE_STATE_OPEN_TTL_HOURS: '1' },
    'THROUGHLINE_STATE_ENDED_TTL_MINUTES: 90 minutes must not exceed THROUGHLINE_STATE_OPEN_TTL_HOURS (1 hours): open conversations would be forgotten before ended ones.',
  ],
  [
    'a buffer smaller than a frame',
    { THROUGHLINE_INGEST_BUFFER_MAX_BYTES: '65536' },
    'THROUGHLINE_INGEST_MAX_FRAME_BYTES: 1048576 must not exceed THROUGHLINE_INGEST_BUFFER_MAX_BYTES (65536): the largest frame must fit into the buffer.',
  ],
  [
    'a client without its secret',
    { ...credentials, THROUGHLINE_GENESYS_CLIENT_SECRET: '' },
    'THROUGHLINE_GENESYS_CLIENT_SECRET: is missing, but THROUGHLINE_GENESYS_CLIENT_ID is set. Set both, or neither to use the emulator.',
  ],
  [
    'a secret without its client',
    { ...credentials, THROUGHLINE_GENESYS_CLIENT_ID: '' },
    'THROUGHLINE_GENESYS_CLIENT_ID: is missing, but THROUGHLINE_GENESYS_CLIENT_SECRET is set. Set both, or neither to use the emulator.',
  ],
  [
    'a gateway without credentials',
    { THROUGHLINE_GENESYS_GATEWAY_URL: 'http://127.0.0.1:7710' },
    'THROUGHLINE_GENESYS_CLIENT_ID: is missing, but THROUGHLINE_GENESYS_GATEWAY_URL is set: signing in there needs it and THROUGHLINE_GENESYS_CLIENT_SECRET.',
  ],
  [
    'nothing to follow',
    { THROUGHLINE_GENESYS_QUEUES: 'none', THROUGHLINE_GENESYS_USERS: 'none' },
    'THROUGHLINE_GENESYS_QUEUES: is "none" and so is THROUGHLINE_GENESYS_USERS: no conversation would be followed. Set one to "all" or ids, or THROUGHLINE_GENESYS_STREAM to "off" to take envelopes only.',
  ],
  [
    'a real organisation without a CRM',
    { ...credentials, THROUGHLINE_CRM_URL: undefined },
    'THROUGHLINE_CRM_URL: is missing, but THROUGHLINE_GENESYS_CLIENT_ID is set: records of a real organisation need a place to go; the emulated CRM runs beside the emulator only. Example: THROUGHLINE_CRM_URL=https://crm.example.com/records',
  ],
  [
    'a token for a CRM that is not named',
    { THROUGHLINE_CRM_TOKEN: 'shhh' },
    'THROUGHLINE_CRM_TOKEN: is set, but THROUGHLINE_CRM_URL is not: the token would go to the emulated CRM.',
  ],
  [
    'two servers on one port',
    { THROUGHLINE_CRM_EMULATOR_PORT: '7700' },
    'THROUGHLINE_CRM_EMULATOR_PORT: 7700 is the port of THROUGHLINE_API_PORT too. Each needs its own.',
  ],
];

describe('a broken configuration', () => {
  test.each(broken)('%s', (_name, env, message) => {
    expect(problemsOf(env)).toEqual([message]);
  });

  test('shows all its problems at once, each secret hidden', () => {
    const loaded = loadConfig({
      REDIS_URL: 'postgres://user:hunter22@db',
      THROUGHLINE_API_PORT: 'x'.repeat(100),
      THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '60000',
      THROUGHLINE_PARTITION: '8',
    });
    expect(loaded.ok ? '' : describeProblems(loaded.problems)).toBe(
      [
        '4 problems in the configuration:',
        '  REDIS_URL: the value (not shown) must be redis://host:port/0, rediss://host:port/0 or unix:/path/to/redis.sock.',
        `  THROUGHLINE_API_PORT: "${'x'.repeat(60)}…" must be a whole number from 0 to 65535. Example: THROUGHLINE_API_PORT=7700`,
        '  THROUGHLINE_PARTITION: no such setting. Did you mean THROUGHLINE_PARTITIONS?',
        '  THROUGHLINE_CRM_FLUSH_INTERVAL_MS: 60000 must be less than THROUGHLINE_DRAIN_DEADLINE_MS (25000): a batch that has just begun to wait must still be sent before a stopping process gives up.',
        '',
      ].join('\n'),
    );
  });

  test('is not blamed twice: a relation with an unsound setting is not judged', () => {
    const env = { THROUGHLINE_DRAIN_DEADLINE_MS: 'soon', THROUGHLINE_CRM_FLUSH_INTERVAL_MS: '60000' };
    expect(problemsOf(env)).toHaveLength(1);
    expect(problemsOf({ ...credentials, THROUGHLINE_CRM_URL: 'not an address' })).toHaveLength(1);
  });
});

describe('a sound configuration', () => {
  test('needs nothing set', () => {
    const loaded = loadConfig({});
    expect(loaded).toMatchObject({ ok: true, config: { apiPort: 7700, dataDir: '.throughline', partitions: 16 } });
    expect(loaded).not.toHaveProperty('config.redisUrl', expect.anything());
  });

  test('takes empty variables as unset and leaves other programs’ alone', () => {
    expect(loadConfig({ THROUGHLINE_API_PORT: '', REDIS_HOST: 'x', PATH: '/bin' })).toMatchObject({
      ok: true,
      config: { apiPort: 7700 },
    });
  });

  test('takes a secret from a file, without the newline at its end', () => {
    const env = { THROUGHLINE_CONSOLE_PASSWORD_FILE: file('password', 'correct horse\n') };
    expect(loadConfig(env)).toMatchObject({ ok: true, config: { consolePassword: 'correct horse' } });
  });

  test('reports what is wrong in a secret file under the variable that names it', () => {
    expect(problemsOf({ THROUGHLINE_CONSOLE_PASSWORD_FILE: file('short', 'tiny') })).toEqual([
      'THROUGHLINE_CONSOLE_PASSWORD_FILE: the value (not shown) must have 8 to 256 characters.',
    ]);
  });

  test('may share ports with an emulator that does not run', () => {
    expect(problemsOf({ ...credentials, THROUGHLINE_API_PORT: '7710' })).toEqual([]);
  });

  test('may say "any free port" more than once', () => {
    expect(problemsOf({ THROUGHLINE_API_PORT: '0', THROUGHLINE_EMULATOR_PORT: '0' })).toEqual([]);
  });

  test('has types that know which settings are always there', () => {
    expectTypeOf<Config['apiPort']>().toEqualTypeOf<number>();
    expectTypeOf<Config['consolePassword']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Config['metricsScope']>().toEqualTypeOf<'process' | 'cluster'>();
  });
});
