// Starts one private Redis for all test files, found or fetched as the product itself does it; each file keeps to its
// own key prefix.
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensureRedis, type RunningRedis } from '../../src/stores/redis/embedded/start.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    redisUrl: string;
  }
}

/** The projects of one run share it. */
let server: Promise<RunningRedis> | undefined;
let users = 0;

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1;
  server ??= start();
  const running = await server;
  project.provide('redisUrl', running.url);
  return async () => {
    users -= 1;
    if (users === 0) await running.stop();
  };
}

async function start(): Promise<RunningRedis> {
  const running = await ensureRedis({
    config: { redisUrl: process.env['TEST_REDIS_URL'] },
    // its own folder: never the data of a product that runs from the same clone
    dataDir: join(process.cwd(), '.throughline', 'test'),
    environment: process.env,
    onProgress: (message) => process.stdout.write(`${message}\n`),
  });
  // what an interrupted run left behind goes; a Redis that somebody named, or that another run uses now, is not ours
  if (process.env['TEST_REDIS_URL'] !== undefined || running.source === 'already running') return running;
  const redis = connectRedis(running.url, 'request', () => undefined);
  await redis.flushall();
  redis.disconnect();
  return running;
}
