// A Redis for one run: its own process, folder and append-only file (everysec), as the product starts it for itself.
// Invariant: nothing else talks to it, and its folder is gone afterwards.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { ensureRedis } from '../../src/stores/redis/embedded/start.ts';

export interface PrivateRedis {
  readonly url: string;
  readonly redis: Redis;
  stop(): Promise<void>;
}

/** Where the product may have unpacked a server before: copying it saves fetching one. */
const UNPACKED = [join('.throughline', 'redis', 'server'), join('.throughline', 'test', 'redis', 'server')];

export async function startPrivateRedis(): Promise<PrivateRedis> {
  const dataDir = mkdtempSync(join(tmpdir(), 'throughline-bench-'));
  const unpacked = UNPACKED.find((path) => existsSync(path));
  if (unpacked !== undefined) {
    mkdirSync(join(dataDir, 'redis'), { recursive: true, mode: 0o700 });
    cpSync(unpacked, join(dataDir, 'redis', 'server'), { recursive: true, verbatimSymlinks: true });
  }
  const server = await ensureRedis({
    config: { redisUrl: undefined },
    dataDir,
    environment: process.env,
    onProgress: (message) => process.stderr.write(`${message}\n`),
  });
  const redis = connectRedis(server.url, 'worker', () => undefined);
  return {
    url: server.url,
    redis,
    stop: async () => {
      redis.disconnect();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** CPU that the server itself has used, in microseconds. */
export async function redisCpuMicros(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const seconds = (field: string): number => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1] ?? 0);
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6;
}

export async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0);
}
