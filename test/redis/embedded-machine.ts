// A machine for tests of the private Redis: one whose PATH has a Redis, and one that lacks every server and Docker.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Redis } from 'ioredis';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { run, type Variables } from '../../src/stores/embedded/command.ts';
import { fetchRedis } from '../../src/stores/redis/embedded/fetch.ts';
import { ensureRedis, type RunningRedis } from '../../src/stores/redis/embedded/start.ts';

export const ignore = (): void => undefined;

export interface Machine {
  /** This machine's programs, without any Redis or Docker it may have. */
  readonly without: Variables;
  /** The same with a Redis on PATH; fetched when first asked for. */
  having(): Promise<Variables>;
  folder(): string;
  /** Starts a private Redis; it is stopped with the machine. */
  start(dataDir: string, environment?: Variables): Promise<RunningRedis>;
  client(redis: RunningRedis): Redis;
  close(): Promise<void>;
}

export function createMachine(): Machine {
  const root = mkdtempSync(join(tmpdir(), 'tl-redis-'));
  const without = { ...process.env, PATH: programsWithoutRedis(join(root, 'bin')) };
  let found: Promise<Variables> | undefined;
  const having = (): Promise<Variables> => (found ??= withRedis(root, without));
  const started: RunningRedis[] = [];
  const clients: Redis[] = [];
  let folders = 0;
  return {
    without,
    having,
    folder: () => {
      const path = join(root, String(folders++));
      mkdirSync(path, { mode: 0o700 });
      return path;
    },
    start: async (dataDir, given) => {
      const environment = given ?? (await having());
      const redis = await ensureRedis({ config: { redisUrl: undefined }, dataDir, environment, onProgress: ignore });
      started.push(redis);
      return redis;
    },
    client: (redis) => {
      const connection = connectRedis(redis.url, 'request', ignore);
      clients.push(connection);
      return connection;
    },
    close: async () => {
      for (const connection of clients) connection.disconnect();
      await Promise.all(started.map((redis) => redis.stop()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export const socketOf = (redis: RunningRedis): { path: string } => ({ path: redis.url.slice('unix:'.length) });

export async function hasProgram(program: string, environment: Variables): Promise<boolean> {
  const { ok } = await run(program, ['--version'], { environment, timeoutMs: 5000 });
  return ok;
}

function programsWithoutRedis(bin: string): string {
  mkdirSync(bin);
  for (const path of (process.env.PATH ?? '').split(delimiter).filter((entry) => existsSync(entry))) {
    for (const name of readdirSync(path).filter((program) => !/redis|valkey|^docker/.test(program))) {
      if (!existsSync(join(bin, name))) symlinkSync(join(path, name), join(bin, name));
    }
  }
  return bin;
}

async function withRedis(root: string, without: Variables): Promise<Variables> {
  if (await hasProgram('redis-server', process.env)) return process.env;
  const proof = await fetchRedis({ folder: join(root, 'shared'), environment: without, onProgress: ignore });
  if ('reason' in proof) throw new Error(`these tests need a Redis: ${proof.reason}`);
  const { command, variables } = proof.binary;
  return { ...without, ...variables, PATH: `${join(command, '..')}${delimiter}${without.PATH}` };
}
