// Starts (or finds) one private Redis for all test files; each file keeps to its own key prefix.
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    redisUrl: string;
  }
}

export function setup(project: TestProject): void {
  project.provide('redisUrl', process.env['TEST_REDIS_URL'] ?? 'unix:/tmp/redis/dev.sock');
}
