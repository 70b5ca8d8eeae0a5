// A Redis of a run's own that can be killed and started again on the same data, as a crash of its process would leave it.
// Invariant: its folder and its process are gone after `remove`; what it promises is what the product's own server does.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisBinary } from '../../src/stores/redis/embedded/binary.ts';
import { fetchRedis } from '../../src/stores/redis/embedded/fetch.ts';
import { findOnPath } from '../../src/stores/redis/embedded/find.ts';
import { probe } from '../../src/stores/redis/embedded/probe.ts';
import { promises, type AppendFsync } from '../../src/stores/redis/embedded/promises.ts';

export interface PrivateRedis {
  readonly url: string;
  /** Of its unix socket. */
  readonly path: string;
  readonly version: string;
  /** SIGKILL: nothing is flushed, nobody is told. */
  kill(): Promise<void>;
  /** On the same data; resolves when it has read them back and answers. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

export interface PrivateRedisOptions {
  readonly appendfsync: AppendFsync;
  /** Where a server that was fetched once is kept (the product's own `redis` folder). */
  readonly toolFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const PROBE_EVERY_MS = 10;
const START_TIMEOUT_MS = 60_000;

export async function startPrivateRedis(options: PrivateRedisOptions): Promise<PrivateRedis> {
  const binary = await binaryFor(options);
  const folder = mkdtempSync(join(tmpdir(), 'tl-redis-'));
  const path = join(folder, 'redis.sock');
  let child = launch(binary, folder, path, options);
  const answering = async (): Promise<void> => {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while ((await probe({ path })) !== 'ready') {
      if (performance.now() > deadline || child.exitCode !== null) throw new Error(`Redis did not start in ${folder}`);
      await pause(PROBE_EVERY_MS);
    }
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  // the last resort, for a run that ends by an error nobody caught
  const killNow = (): boolean => child.kill('SIGKILL');
  process.once('exit', killNow);
  await answering();
  return {
    url: `unix:${path}`,
    path,
    version: binary.version,
    kill,
    start: async () => {
      child = launch(binary, folder, path, options);
      await answering();
    },
    remove: async () => {
      await kill();
      process.removeListener('exit', killNow);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function binaryFor({ toolFolder, environment }: PrivateRedisOptions): Promise<RedisBinary> {
  const found = await findOnPath(environment);
  if (found.binary !== undefined) return found.binary;
  mkdirSync(toolFolder, { recursive: true, mode: 0o700 });
  const fetched = await fetchRedis({ folder: toolFolder, environment, onProgress: () => undefined });
  if ('binary' in fetched) return fetched.binary;
  throw new Error(`no Redis to run with: ${[...found.reasons, fetched.reason].join('; ')}`);
}

function launch(
  { command, variables }: RedisBinary,
  folder: string,
  path: string,
  { appendfsync, environment }: PrivateRedisOptions,
): ChildProcess {
  const settings = { port: '0', unixsocket: path, dir: folder, logfile: join(folder, 'redis.log') };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return spawn(command, [...flags, ...promises(appendfsync)], {
    env: { ...environment, ...variables },
    stdio: 'ignore',
  });
}
