// Every rung of the ladder to a Redis, and what is said when none of them holds.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startInDocker } from '../../src/stores/redis/embedded/docker.ts';
import { fetchRedis } from '../../src/stores/redis/embedded/fetch.ts';
import { ensureRedis } from '../../src/stores/redis/embedded/start.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { createMachine, hasProgram, ignore } from './embedded-machine.ts';

const machine = createMachine();
afterAll(() => machine.close());

test('REDIS_URL comes first and is not touched', async () => {
  const config = { redisUrl: 'redis://elsewhere:6379/0' };
  const redis = await ensureRedis({ config, dataDir: '/nowhere', environment: {}, onProgress: ignore });
  expect(redis).toMatchObject({ url: 'redis://elsewhere:6379/0', source: 'REDIS_URL' });
  await redis.stop();
});

test('Redis is fetched where there is none, once', { timeout: 240_000 }, async ({ skip }) => {
  if (!(await hasProgram('apt-get', machine.without))) skip('no Debian or Ubuntu');
  const folder = machine.folder();
  const said: string[] = [];
  const onProgress = (message: string): void => void said.push(message);
  const first = await fetchRedis({ folder, environment: machine.without, onProgress });
  if ('reason' in first && /resolve|connect|no answer within/i.test(first.reason)) skip('no network');
  expect(first).toMatchObject({ binary: { command: join(folder, 'server', 'usr', 'bin', 'redis-server') } });
  expect(existsSync(join(folder, 'apt'))).toBe(false);

  const again = await fetchRedis({ folder, environment: machine.without, onProgress });
  expect(again).toEqual(first);
  expect(said).toEqual(['no Redis on PATH: fetching one from the packages of this distribution']);
});

test.each([
  ['that do not have it', 'file:/no/such/archive', /^Failed to fetch file:.*File not found/],
  ['that cannot be reached', 'http://127.0.0.1:1/debian', /^Failed to fetch http:.*Could not connect to 127.0.0.1:1/],
])('what apt says of sources %s is passed on', async (_name, archive, reason) => {
  if (!(await hasProgram('apt-get', machine.without))) return;
  const sources = join(machine.folder(), 'only.list');
  writeFileSync(sources, `deb [trusted=yes] ${archive} stable main\n`);
  const config = join(machine.folder(), 'apt.conf');
  writeFileSync(config, `Dir::Etc::sourcelist "${sources}";\nDir::Etc::sourceparts "-";\n`);
  const environment = { ...machine.without, APT_CONFIG: config };
  const proof = await fetchRedis({ folder: machine.folder(), environment, onProgress: ignore });
  expect(proof).toEqual({ reason: expect.stringMatching(reason) });
});

test('a server that is too old is passed over', async () => {
  const programs = machine.folder();
  const script = '#!/bin/sh\necho "Redis server v=5.0.14 sha=00000000:0"\n';
  writeFileSync(join(programs, 'redis-server'), script, { mode: 0o755 });
  await expect(machine.start(machine.folder(), { PATH: programs })).rejects.toThrow(
    'redis-server: version 5.0.14 is older than 6.2',
  );
});

test('Docker is used where an engine answers: loopback, a password, stopped by stop()', async () => {
  const programs = machine.folder();
  const calls = join(machine.folder(), 'calls');
  writeFileSync(join(programs, 'docker'), standInForDocker(calls), { mode: 0o755 });
  const having = await machine.having();
  const environment = { ...having, PATH: `${programs}${delimiter}${having.PATH}` };
  const redis = await startInDocker({
    folder: machine.folder(),
    config: { redisFsync: 'always' },
    environment,
    onProgress: ignore,
  });
  if (redis.url === undefined) throw new Error(redis.reason);
  expect(redis.url).toMatch(/^redis:\/\/:[0-9a-f]{48}@127\.0\.0\.1:\d+\/0$/);
  const client = connectRedis(redis.url, 'request', ignore);
  expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  expect(await client.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always']);
  client.disconnect();
  await redis.stop();
  const commands = readFileSync(calls, 'utf8').trim().split('\n');
  expect(commands.map((call) => call.split(' ')[0])).toEqual(['version', 'stop', 'run', 'port', 'stop']);
  expect(commands[2]).toContain('--publish 127.0.0.1::6379');
});

test('the end of the ladder says what was tried and what helps', async () => {
  const error = await machine.start(machine.folder(), { PATH: machine.folder() }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    kind: 'fatal',
    code: 'redis_missing',
    message: [
      'There is no Redis to work with. Tried:',
      '  - redis-server: not on PATH',
      '  - valkey-server: not on PATH',
      '  - Debian or Ubuntu packages: apt-get is not on this machine',
      '  - Docker: docker is not on this machine',
      'Any one of these helps:',
      '  - install it: sudo apt-get install redis-server, or: brew install redis',
      '  - start Docker',
      '  - set REDIS_URL to a Redis or Valkey 6.2 or newer, for example redis://127.0.0.1:6379/0',
    ].join('\n'),
  });
});

/** A `docker` that runs the server it is asked for as a plain process, and writes down how it was called. */
const standInForDocker = (calls: string): string => `#!/usr/bin/env node
const { spawn } = require('node:child_process');
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const [command, ...args] = process.argv.slice(2);
const state = '${calls}.json';
appendFileSync('${calls}', [command, ...args].join(' ') + '\\n');
const server = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : undefined;
if (command === 'version') console.log('28.0.0');
if (command === 'port') console.log('127.0.0.1:' + server.port);
if (command === 'stop' && server) process.kill(server.pid);
if (command === 'run') {
  const free = createServer().listen(0, '127.0.0.1', () => {
    const { port } = free.address();
    free.close(() => {
      const flags = args.slice(args.indexOf('valkey-server') + 1);
      const options = { detached: true, stdio: 'ignore' };
      const child = spawn('redis-server', ['--port', port, '--dir', '${machine.folder()}', ...flags], options);
      writeFileSync(state, JSON.stringify({ pid: child.pid, port }));
      child.unref();
    });
  });
}
`;
