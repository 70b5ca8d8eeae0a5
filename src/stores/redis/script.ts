// A Lua script and its only way to run. Invariant: always EVALSHA; on NOSCRIPT the script is loaded and sent again by
// itself, so that nothing already sent behind it can be answered before it (a client's silent EVAL fallback allows that).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

export type ScriptArgument = string | number;

export interface RedisScript {
  readonly name: string;
  /** Runs it; reloads it once if this Redis does not know it (first use, restart, failover). */
  run(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown>;
}

/** Reads `file` (a `.lua` beside its TypeScript) on first use, never on import. */
export function luaScript(file: URL): RedisScript {
  let loaded: { source: string; sha: string } | undefined;
  const load = () => {
    const source = readFileSync(file, 'utf8');
    return { source, sha: createHash('sha1').update(source).digest('hex') };
  };
  return {
    name: file.pathname.slice(file.pathname.lastIndexOf('/') + 1),
    run: async (redis, keys, args) => {
      loaded ??= load();
      try {
        return await redis.evalsha(loaded.sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!isNoScript(error)) throw error;
        await redis.script('LOAD', loaded.source);
        return redis.evalsha(loaded.sha, keys.length, ...keys, ...args);
      }
    },
  };
}

const isNoScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT');
