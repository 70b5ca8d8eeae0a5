// The private Redis with real servers: every rung of the ladder, durability, adoption, and no orphan left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { checkRedis } from '../../src/stores/redis/embedded/check.ts';
import { run, type Variables } from '../../src/stores/redis/embedded/command.ts';
import { fetchRedis } from '../../src/stores/redis/embedded/fetch.ts';
import { probe } from '../../src/stores/redis/embedded/probe.ts';
import { socketPath } from '../../src/stores/redis/embedded/socket-path.ts';
import { ensureRedis, type RunningRedis } from '../../src/stores/redis/embedded/start.ts';

const root = mkdtempSync(join(tmpdir(), 'tl-redis-'));
const folders = { next: 0 };
const folder = (): string => {
  const path = join(root, String(folders.next++));
  mkdirSync(path, { mode: 0o700 });
  return path;
};
const ignore = (): void => undefined;

/** This machine's programs, without any Redis or Docker it may have. */
const bare = join(root, 'bin');
mkdirSync(bare);
for (const path of (process.env.PATH ?? '').split(delimiter).filter((entry) => existsSync(entry))) {
  for (const name of readdirSync(path).filter((program) => !/redis|valkey|^docker/.test(program))) {
    if (!existsSync(join(bare, name))) symlinkSync(join(path, name), join(bare, name));
  }
}
const without: Variables = { ...process.env, PATH: bare };
/** The same with a Redis on PATH; settled once for the whole file. */
const machine: { environment: Variables } = { environment: process.env };

const started: RunningRedis[] = [];
const clients: Redis[] = [];
async function start(dataDir: string, environment: Variables = machine.environment): Promise<RunningRedis> {
  const redis = await ensureRedis({ config: { redisUrl: undefined }, dataDir, environment, onProgress: ignore });
  started.push(redis);
  return redis;
}
function client(redis: RunningRedis): Redis {
  const connection = connectRedis(redis.url, 'request', ignore);
  clients.push(connection);
  return connection;
}
const socketOf = (redis: RunningRedis): { path: string } => ({ path: redis.url.slice('unix:'.length) });

beforeAll(async () => {
  const onPath = await run('redis-server', ['--version'], { environment: process.env, timeoutMs: 5000 });
  if (onPath.ok) return;
  const proof = await fetchRedis({ folder: join(root, 'shared'), environment: without, onProgress: ignore });
  if ('reason' in proof) throw new Error(`these tests need a Redis: ${proof.reason}`);
  const { command, variables } = proof.binary;
  machine.environment = { ...without, ...variables, PATH: `${join(command, '..')}${delimiter}${bare}` };
}, 240_000);

afterAll(async () => {
  for (const connection of clients) connection.disconnect();
  await Promise.all(started.map((redis) => redis.stop()));
  rmSync(root, { recursive: true, force: true });
});

describe('a private Redis', () => {
  test('is durable, evicts nothing, and is closed to others', async () => {
    const dataDir = folder();
    const redis = await start(dataDir);
    const connection = client(redis);
    await expect(checkRedis(connection)).resolves.toBeUndefined();
    expect(await connection.config('GET', 'append*')).toEqual(expect.arrayContaining(['everysec', 'yes']));
    expect(await connection.config('GET', 'port')).toEqual(['port', '0']);
    expect(statSync(join(dataDir, 'redis')).mode & 0o777).toBe(0o700);
    expect(statSync(socketOf(redis).path).mode & 0o777).toBe(0o700);
  });

  test('keeps its data over a stop and a start', async () => {
    const dataDir = folder();
    const first = await start(dataDir);
    await client(first).set('kept', 'yes');
    await first.stop();
    expect(await probe(socketOf(first))).toBe('absent');
    const second = await start(dataDir);
    expect(await client(second).get('kept')).toBe('yes');
  });

  test('that already runs is adopted, and left alone by who adopted it', async () => {
    const dataDir = folder();
    const first = await start(dataDir);
    const second = await start(dataDir);
    expect(second).toMatchObject({ url: first.url, source: 'already running' });
    await second.stop();
    expect(await probe(socketOf(first))).toBe('ready');
    await first.stop();
    expect(await probe(socketOf(first))).toBe('absent');
  });

  test('is started again when it dies, with its data', async () => {
    const redis = await start(folder());
    const connection = client(redis);
    await connection.set('kept', 'yes');
    await connection.call('BGREWRITEAOF');
    const pid = Number(/process_id:(\d+)/.exec(await connection.info('server'))?.[1]);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await connection.get('kept')).toBe('yes'), { timeout: 10_000 });
    expect(await connection.info('server')).not.toContain(`process_id:${pid}\r`);
  });

  test('lives in a folder with spaces', async () => {
    const dataDir = join(folder(), 'a b  c');
    mkdirSync(dataDir, { mode: 0o700 });
    const redis = await start(dataDir);
    expect(await client(redis).ping()).toBe('PONG');
    expect(existsSync(join(dataDir, 'redis', 'data', 'appendonlydir'))).toBe(true);
  });

  test('listens in the temp folder when the path is too long for a socket', async () => {
    const dataDir = join(folder(), 'x'.repeat(120));
    mkdirSync(dataDir, { mode: 0o700 });
    const redis = await start(dataDir);
    expect(socketOf(redis).path.length).toBeLessThan(100);
    expect(await client(redis).ping()).toBe('PONG');
    rmSync(join(socketOf(redis).path, '..'), { recursive: true });
  });

  test('that cannot start says why, in its own words', async () => {
    const dataDir = folder();
    mkdirSync(join(dataDir, 'redis', 'data', 'appendonlydir'), { recursive: true, mode: 0o700 });
    chmodSync(join(dataDir, 'redis'), 0o700);
    writeFileSync(join(dataDir, 'redis', 'data', 'appendonlydir', 'appendonly.aof.manifest'), 'nonsense\n');
    await expect(start(dataDir)).rejects.toThrow(/^Redis does not start: .*(AOF|aof).*redis\.log/);
  });
});

test('a Redis never outlives a parent that was killed', async () => {
  const dataDir = folder();
  const { ok: guarded } = await run('setpriv', ['--pdeathsig', 'TERM', '--', 'true'], {
    environment: machine.environment,
    timeoutMs: 5000,
  });
  if (!guarded) return;
  const script = `
    import { createServer } from 'vite';
    const vite = await createServer({ server: { middlewareMode: true }, appType: 'custom', logLevel: 'error' });
    const { ensureRedis } = await vite.ssrLoadModule('/src/stores/redis/embedded/start.ts');
    const { dataDir } = process.env;
    const redis = await ensureRedis({ config: {}, dataDir, environment: process.env, onProgress() {} });
    process.stdout.write(redis.url);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...machine.environment, dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(parent.stdout, 'data')) as [Buffer];
  const target = { path: url.toString().slice('unix:'.length) };
  expect(await probe(target)).toBe('ready');
  parent.kill('SIGKILL');
  await vi.waitFor(async () => expect(await probe(target)).toBe('absent'), { timeout: 5000 });
});

describe('the ladder', () => {
  test('begins with REDIS_URL, which is not touched', async () => {
    const redis = await ensureRedis({
      config: { redisUrl: 'redis://elsewhere:6379/0' },
      dataDir: '/nowhere',
      environment: {},
      onProgress: ignore,
    });
    expect(redis).toMatchObject({ url: 'redis://elsewhere:6379/0', source: 'REDIS_URL' });
    await redis.stop();
  });

  test('fetches Redis where there is none, once', async ({ skip }) => {
    const apt = await run('apt-get', ['--version'], { environment: without, timeoutMs: 5000 });
    if (!apt.ok) skip('no Debian or Ubuntu');
    const dataDir = folder();
    const said: string[] = [];
    const options = {
      config: { redisUrl: undefined },
      dataDir,
      environment: without,
      onProgress: said.push.bind(said),
    };
    const first = await ensureRedis({ ...options, onProgress: (message) => said.push(message) }).catch(
      (error: Error) => error,
    );
    if (first instanceof Error) {
      expect(first.message).toMatch(/resolve|connect|answer/i);
      return skip('no network');
    }
    started.push(first);
    expect(said).toEqual(['no Redis on PATH: fetching one from the packages of this distribution']);
    expect(first.source).toContain(join(dataDir, 'redis', 'server'));
    expect(existsSync(join(dataDir, 'redis', 'apt'))).toBe(false);
    await first.stop();

    const again = await ensureRedis({ ...options, onProgress: (message) => said.push(message) });
    started.push(again);
    expect(said).toHaveLength(1);
  }, 240_000);

  test('ends with what was tried and what helps', async () => {
    const empty = folder();
    const dataDir = folder();
    const error = await start(dataDir, { PATH: empty }).catch((caught: Error) => caught);
    expect(error).toMatchObject({ kind: 'fatal', code: 'redis_missing' });
    expect((error as Error).message).toBe(
      [
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
    );
  });

  test('says what apt said when the packages cannot be had', async ({ skip }) => {
    const apt = await run('apt-get', ['--version'], { environment: without, timeoutMs: 5000 });
    if (!apt.ok) skip('no Debian or Ubuntu');
    const sources = join(folder(), 'none.list');
    writeFileSync(sources, 'deb [trusted=yes] file:/no/such/archive stable main\n');
    const config = join(folder(), 'apt.conf');
    writeFileSync(config, `Dir::Etc::sourcelist "${sources}";\nDir::Etc::sourceparts "-";\n`);
    const proof = await fetchRedis({
      folder: folder(),
      environment: { ...without, APT_CONFIG: config },
      onProgress: ignore,
    });
    expect(proof).toMatchObject({ reason: expect.stringMatching(/redis-tools|\/no\/such\/archive/) });
  });

  test('passes over a server that is too old', async () => {
    const programs = folder();
    writeFileSync(join(programs, 'redis-server'), '#!/bin/sh\necho "Redis server v=5.0.14 sha=0"\n', { mode: 0o755 });
    await expect(start(folder(), { PATH: `${programs}:/bin`, HOME: '/' })).rejects.toThrow(
      'redis-server: version 5.0.14 is older than 6.2',
    );
  });
});

test('the socket is refused in a folder that others can enter', () => {
  const dataDir = join(folder(), 'x'.repeat(120));
  const temporary = folder();
  const squatted = join(socketPath(dataDir, temporary), '..');
  chmodSync(squatted, 0o777);
  expect(() => socketPath(dataDir, temporary)).toThrow(/must belong to this user and be closed to others/);
});

describe('checkRedis', () => {
  const answering = (server: string, memory: string): Pick<Redis, 'info'> => ({
    info: ((section: string) => Promise.resolve(section === 'server' ? server : memory)) as Redis['info'],
  });

  test('refuses a Redis that evicts', async () => {
    const redis = await start(folder());
    const connection = client(redis);
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
    const path = join(folder(), 's');
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
