// The private Redis with real servers: durability, adoption, no orphan left behind, and which Redis is refused.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkRedis } from '../../src/stores/redis/check.ts';
import { probe } from '../../src/stores/redis/embedded/probe.ts';
import { socketPath } from '../../src/stores/redis/embedded/socket-path.ts';
import { createMachine, hasProgram, socketOf } from './embedded-machine.ts';

const machine = createMachine();
beforeAll(() => machine.having(), 240_000);
afterAll(() => machine.close());

describe('a private Redis', () => {
  test('is durable, evicts nothing, and is closed to others', async () => {
    const dataDir = machine.folder();
    const redis = await machine.start(dataDir);
    const connection = machine.client(redis);
    await expect(checkRedis(connection)).resolves.toBeUndefined();
    expect(await connection.config('GET', 'append*')).toEqual(expect.arrayContaining(['everysec', 'yes']));
    expect(await connection.config('GET', 'port')).toEqual(['port', '0']);
    expect(statSync(join(dataDir, 'redis')).mode & 0o777).toBe(0o700);
    expect(statSync(socketOf(redis).path).mode & 0o777).toBe(0o700);
  });

  test('keeps its data over a stop and a start', async () => {
    const dataDir = machine.folder();
    const first = await machine.start(dataDir);
    await machine.client(first).set('kept', 'yes');
    await first.stop();
    expect(await probe(socketOf(first))).toBe('absent');
    const second = await machine.start(dataDir);
    expect(await machine.client(second).get('kept')).toBe('yes');
  });

  test('that already runs is adopted, and left alone by who adopted it', async () => {
    const dataDir = machine.folder();
    const first = await machine.start(dataDir);
    const second = await machine.start(dataDir);
    expect(second).toMatchObject({ url: first.url, source: 'already running' });
    await second.stop();
    expect(await probe(socketOf(first))).toBe('ready');
    await first.stop();
    expect(await probe(socketOf(first))).toBe('absent');
  });

  test('is started again when it dies, with its data', async () => {
    const redis = await machine.start(machine.folder());
    const connection = machine.client(redis);
    await connection.set('kept', 'yes');
    await connection.call('BGREWRITEAOF');
    const pid = Number(/process_id:(\d+)/.exec(await connection.info('server'))?.[1]);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await connection.get('kept')).toBe('yes'), { timeout: 10_000 });
    expect(await connection.info('server')).not.toContain(`process_id:${pid}\r`);
  });

  test('lives in a folder with spaces', async () => {
    const dataDir = join(machine.folder(), 'a b  c');
    mkdirSync(dataDir, { mode: 0o700 });
    const redis = await machine.start(dataDir);
    expect(await machine.client(redis).ping()).toBe('PONG');
    expect(existsSync(join(dataDir, 'redis', 'data', 'appendonlydir'))).toBe(true);
  });

  test('listens in the temp folder when the path is too long for a socket', async () => {
    const dataDir = join(machine.folder(), 'x'.repeat(120));
    mkdirSync(dataDir, { mode: 0o700 });
    const redis = await machine.start(dataDir);
    expect(socketOf(redis).path.length).toBeLessThan(100);
    expect(await machine.client(redis).ping()).toBe('PONG');
    rmSync(join(socketOf(redis).path, '..'), { recursive: true });
  });

  test('that cannot start says why, in its own words', async () => {
    const dataDir = machine.folder();
    mkdirSync(join(dataDir, 'redis', 'data', 'appendonlydir'), { recursive: true, mode: 0o700 });
    chmodSync(join(dataDir, 'redis'), 0o700);
    writeFileSync(join(dataDir, 'redis', 'data', 'appendonlydir', 'appendonly.aof.manifest'), 'nonsense\n');
    await expect(machine.start(dataDir)).rejects.toThrow(/^Redis does not start: .*(AOF|aof).*redis\.log/);
  });
});

test('a Redis never outlives a parent that was killed', async ({ skip }) => {
  const dataDir = machine.folder();
  const environment = await machine.having();
  if (!(await hasProgram('setpriv', environment))) skip('no setpriv');
  const script = `
    import { createServer } from 'vite';
    const vite = await createServer({ server: { middlewareMode: true }, appType: 'custom', logLevel: 'error' });
    const { ensureRedis } = await vite.ssrLoadModule('/src/stores/redis/embedded/start.ts');
    const { dataDir } = process.env;
    const redis = await ensureRedis({ config: {}, dataDir, environment: process.env, onProgress() {} });
    process.stdout.write(redis.url);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...environment, dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(parent.stdout, 'data')) as [Buffer];
  const target = { path: url.toString().slice('unix:'.length) };
  expect(await probe(target)).toBe('ready');
  parent.kill('SIGKILL');
  await vi.waitFor(async () => expect(await probe(target)).toBe('absent'), { timeout: 5000 });
});

test('the socket is refused in a folder that others can enter', () => {
  const dataDir = join(machine.folder(), 'x'.repeat(120));
  const temporary = machine.folder();
  const squatted = join(socketPath(dataDir, temporary), '..');
  chmodSync(squatted, 0o777);
  expect(() => socketPath(dataDir, temporary)).toThrow(/must belong to this user and be closed to others/);
});

describe('checkRedis', () => {
  const answering = (server: string, memory: string): Pick<Redis, 'info'> => ({
    info: ((section: string) => Promise.resolve(section === 'server' ? server : memory)) as Redis['info'],
  });

  test('refuses a Redis that evicts', async () => {
    const redis = await machine.start(machine.folder());
    const connection = machine.client(redis);
    await connection.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(checkRedis(connection)).rejects.toThrow(/maxmemory-policy is allkeys-lru/);
  });

  test('refuses a Redis that is too old', async () => {
    await expect(checkRedis(answering('redis_version:6.0.16\r\n', ''))).rejects.toThrow(
      'Redis 6.0.16 is too old: Throughline needs 6.2 or newer.',
    );
  });

  test('takes a service that hides its policy', async () => {
    await expect(checkRedis(answering('redis_version:7.2.4\r\n', 'used_memory:1\r\n'))).resolves.toBeUndefined();
  });
});

describe('a probe', () => {
  const servers: Server[] = [];
  afterAll(() => servers.forEach((server) => server.close()));

  const answer = async (text: string | undefined): Promise<{ path: string }> => {
    const path = join(machine.folder(), 's');
    const server = createServer((socket) => void (text !== undefined && socket.write(text)));
    servers.push(server.listen(path));
    await once(server, 'listening');
    return { path };
  };

  test('knows a server that loads its data', async () => {
    expect(await probe(await answer('-LOADING Redis is loading the dataset in memory\r\n'))).toBe('loading');
  });

  test('does not wait for ever', async () => {
    expect(await probe(await answer(undefined), { timeoutMs: 50 })).toBe('absent');
  });

  test('takes no other server for Redis', async () => {
    expect(await probe(await answer('HTTP/1.1 400 Bad Request\r\n'), { timeoutMs: 50 })).toBe('absent');
    expect(await probe(await answer('x'.repeat(2000)))).toBe('absent');
  });
});
