// The command line as a person meets it: help, slips, exit codes, and what each command prints.
import { readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { ensureSecrets } from '../../../src/cli/up/secrets.ts';
import { createCapturedTerminal } from './captured-terminal.ts';
import { sampleOverview } from './overview-sample.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ours = (name: string): boolean => name.startsWith('THROUGHLINE_') || name.startsWith('REDIS_URL');
const saved = { ...process.env };
const machine = { dataDir: '' };
const servers: Server[] = [];
beforeEach(() => {
  for (const name of Object.keys(process.env).filter(ours)) delete process.env[name];
  machine.dataDir = temporaryFolder();
  process.env.THROUGHLINE_DATA_DIR = machine.dataDir;
});
afterEach(() => {
  for (const name of Object.keys(process.env).filter(ours)) delete process.env[name];
  Object.assign(process.env, saved);
  for (const server of servers.splice(0)) server.close();
});

async function run(...args: readonly string[]): Promise<{ exitCode: number; out: string; error: string }> {
  const terminal = createCapturedTerminal();
  const exitCode = await main(args, terminal);
  return { exitCode, ...terminal.written };
}

describe('throughline', () => {
  test.each([[[]], [['--help']], [['help']]])('%j shows what there is', async (args) => {
    const { exitCode, out } = await run(...args);
    expect(exitCode).toBe(0);
    for (const part of ['up ', 'status ', 'config ', 'npx throughline up']) expect(out).toContain(part);
  });

  const COMMANDS = ['up', 'status', 'gaps', 'inspect-attributes', 'dead-letters', 'partitions', 'audit', 'webhooks', 'emulator', 'simulate', 'enrich', 'privacy', 'identity', 'config']; // prettier-ignore
  const WITHIN = [
    'dead-letters list',
    'dead-letters retry',
    'webhooks add',
    'webhooks listen',
    'config docs',
    'privacy redact',
    'privacy evaluate',
    'identity evaluate',
    'identity explain',
    'identity near-misses',
  ];
  test.each(['', ...COMMANDS, ...WITHIN])('%s --help fits 80 columns, and is in the list', async (command) => {
    const { exitCode, out } = await run(...command.split(' ').filter(Boolean), '--help');
    expect(exitCode).toBe(0);
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const listed = (await run('--help')).out.match(/^ {2}([a-z-]+) /gm)?.map((name) => name.trim());
    expect(new Set(listed)).toEqual(new Set([...COMMANDS, 'npx', 'help']));
  });

  test('--version is that of package.json', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await run('--version')).toEqual({ exitCode: 0, out: `${version}\n`, error: '' });
  });

  test('names the command that was meant', async () => {
    const { exitCode, error } = await run('statsu');
    expect(exitCode).toBe(2);
    expect(error).toContain("unknown command 'statsu'");
    expect(error).toContain('Did you mean status?');
  });

  test('names the option that was meant', async () => {
    const { exitCode, error } = await run('status', '--jsno');
    expect(exitCode).toBe(2);
    expect(error).toContain('Did you mean --json?');
  });
});

describe('throughline config', () => {
  test('check is content with defaults', async () => {
    expect(await run('config', 'check')).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/sound: 1 of \d+ settings are set/),
    });
  });

  test('check names every problem and ends with 2', async () => {
    process.env.THROUGHLINE_API_PORT = 'x';
    process.env.THROUGHLINE_WORKER = '2';
    const { exitCode, error } = await run('config', 'check');
    expect(exitCode).toBe(2);
    expect(error).toBe(
      '2 problems in the configuration:\n' +
        '  THROUGHLINE_API_PORT: "x" must be a whole number from 0 to 65535. Example: THROUGHLINE_API_PORT=7700\n' +
        '  THROUGHLINE_WORKER: no such setting. Did you mean THROUGHLINE_WORKERS?\n',
    );
  });

  test('print shows what is settled and where from, and no secret', async () => {
    process.env.THROUGHLINE_WORKERS = '3';
    process.env.THROUGHLINE_CONSOLE_PASSWORD = 'correct horse';
    const key = join(machine.dataDir, 'key');
    writeFileSync(key, `${'A'.repeat(43)}=\n`);
    process.env.THROUGHLINE_PAYLOAD_KEY_FILE = key;
    const { out } = await run('config', 'print');
    expect(out).toContain('THROUGHLINE_WORKERS=3  # set\n');
    expect(out).toContain('THROUGHLINE_API_PORT=7700  # default\n');
    expect(out).toContain('THROUGHLINE_CONSOLE_PASSWORD=(set, not shown)  # set\n');
    expect(out).toContain('THROUGHLINE_PAYLOAD_KEY=(set, not shown)  # from its file\n');
    expect(out).toContain('THROUGHLINE_CRM_URL=  # unset\n');
    expect(out).not.toMatch(/correct horse|AAAA/);
  });

  test('docs prints the tables, or .env.example', async () => {
    expect((await run('config', 'docs')).out).toContain('| `THROUGHLINE_API_PORT` | `7700` |');
    const committed = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
    expect((await run('config', 'docs', '--env-example')).out).toBe(committed);
  });
});

describe('throughline status', () => {
  async function listen(answer: (request: IncomingMessage) => { status: number; body: string }): Promise<void> {
    const server = createServer((request, response) => {
      const { status, body } = answer(request);
      response.writeHead(status).end(body);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    process.env.THROUGHLINE_API_PORT = String((server.address() as AddressInfo).port);
  }
  const overview = { status: 200, body: JSON.stringify(sampleOverview()) };

  test('is a table', async () => {
    const { consolePassword } = ensureSecrets(machine.dataDir);
    const seen: (string | undefined)[] = [];
    await listen(({ headers, url }) => {
      seen.push(url, headers.authorization);
      return overview;
    });
    const { exitCode, out } = await run('status');
    expect(exitCode).toBe(0);
    expect(seen).toEqual(['/api/v1/overview', `Basic ${btoa(`throughline:${consolePassword}`)}`]);
    expect(out).toBe(
      [
        'Throughline 0.1.0',
        '',
        '  Stream        connected, 72 topics on 1 channel, last frame 1 s ago, 1 reconnect',
        '  Gaps          97.50 % complete, 0 open, 0 under repair, 1 lost',
        '  Events        12345 applied, 24.4/s',
        '  State moves   6789, 12.6/s',
        '  In flight     36 (voice 30, email 6)',
        '  CRM           1234 delivered, 2 waiting, 1 batch under way',
        '  Latency       p50 3.7 ms, p95 14.6 ms, p99 19.2 ms',
        '  SLA           98 kept, 1 breached, 4 without receipt',
        '  Deadlines     6 armed, none overdue',
        '  Enrichment    98.36 % succeeded in 15 min: 180 done, 3 failed, 17 with nothing to do',
        '                p50 212.4 ms, p95 840 ms, p99 1520 ms, cache hits 61.25 %',
        '  Dead letters  0',
        '  Partitions    2, 7 entries and 1 output waiting, paused: 1',
        '',
        '  promise          pending  at risk  met  breached',
        '  messageDelivery  4        2        30   1',
        '  voiceAnswer      0        0        12   0',
        '',
        '  queue       waiting  active  delayed  failed',
        '  partitions  0        1       0        0',
        '  sync-crm    5        0       2        1       paused',
        '',
        '  process  pid    host  up for',
        '  api      101    vm    5 s',
        '  worker   10002  vm    3 h',
        '',
      ].join('\n'),
    );
  });

  test('--json is the whole overview', async () => {
    process.env.THROUGHLINE_CONSOLE_PASSWORD = 'correct horse';
    await listen(() => overview);
    expect(JSON.parse((await run('status', '--json')).out)).toEqual(sampleOverview());
  });

  test('says that nothing runs', async () => {
    process.env.THROUGHLINE_API_PORT = '1';
    const error =
      'Throughline does not run: nothing answers at http://127.0.0.1:1. Start it with: npx throughline up\n';
    expect(await run('status')).toEqual({ exitCode: 1, out: '', error: `${error}Nothing was ever started here.\n` });
    ensureSecrets(machine.dataDir);
    expect(await run('status')).toEqual({ exitCode: 1, out: '', error });
  });

  test.each([
    [401, '{}', 'does not take the password of'],
    [500, '{}', 'is not to be understood: it answered 500'],
    [200, '{"at":1}', 'is not to be understood: its answer is not an overview'],
    [200, '<html>', 'is not to be understood: its answer is not an overview'],
  ])('says what is wrong with an answer: %i %s', async (status, body, message) => {
    process.env.THROUGHLINE_CONSOLE_PASSWORD = 'correct horse';
    await listen(() => ({ status, body }));
    const { exitCode, error } = await run('status');
    expect(exitCode).toBe(1);
    expect(error).toContain(message);
    expect(error).not.toContain('correct horse');
  });
});
