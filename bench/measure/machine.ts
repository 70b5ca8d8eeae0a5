// What a figure was measured on: without it no figure means anything.
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Redis } from 'ioredis';

export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly redis: string;
  /** Over the last minute, before the first question: what else ran here. */
  readonly loadAverage: number;
}

export async function describeMachine(redis: Redis): Promise<Machine> {
  const info = await redis.info('server');
  return {
    date: new Date().toISOString(),
    commit: commitNow(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    redis: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown',
    loadAverage: loadNow(),
  };
}

export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;

/** With a `+` when files differ from it; `none` outside a checkout. */
function commitNow(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`;
  } catch {
    return 'none';
  }
}
