// Starts Redis for this run alone: a unix socket, no port, every write on disk (see promises.ts), nothing evicted.
// Invariant: one server a folder (the caller holds the instance lock); it is started again if it dies before stop().
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fatal } from '../../../runtime/errors.ts';
import type { RedisBinary } from './binary.ts';
import type { Variables } from '../../embedded/command.ts';
import { deathGuard, hasEnded, keepUp, terminate } from '../../embedded/own-process.ts';
import { probe } from './probe.ts';
import { promises, type RedisChoice } from './promises.ts';

export interface PrivateServerOptions {
  readonly binary: RedisBinary;
  readonly folder: string;
  readonly socket: string;
  readonly environment: Variables;
  readonly config: RedisChoice;
  readonly onProgress: (message: string) => void;
}

export interface PrivateServer {
  stop(): Promise<void>;
}

/** Until it answers at all; reading a large append-only file back has a bound of its own. */
const START_TIMEOUT_MS = 15_000;
const LOAD_TIMEOUT_MS = 300_000;
/** SIGTERM makes Redis flush and sync its append-only file first; a disk may be slow. */
const STOP_TIMEOUT_MS = 20_000;
/** Shorter than this nobody wonders. */
const SLOW_LOAD_MS = 2000;
const PROBE_EVERY_MS = 20;
const LOG_MAX_BYTES = 5_242_880;

export async function startPrivateServer(options: PrivateServerOptions): Promise<PrivateServer> {
  mkdirSync(join(options.folder, 'data'), { recursive: true, mode: 0o700 });
  const guard = await deathGuard(options.environment, 'TERM');
  const server = { child: launch(options, guard), stopping: false };
  await answering(server.child, options);
  void keepUp(
    server,
    () => launch(options, guard),
    () => options.onProgress(`Redis stopped by itself, starting it again: ${lastWords(options.folder)}`),
  );
  return {
    stop: async () => {
      server.stopping = true;
      await terminate(server.child, 'SIGTERM', STOP_TIMEOUT_MS);
    },
  };
}

function launch(
  { binary, folder, socket, environment, config }: PrivateServerOptions,
  guard: readonly string[],
): ChildProcess {
  const log = join(folder, 'redis.log');
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > LOG_MAX_BYTES) renameSync(log, `${log}.1`);
  const settings = { port: '0', unixsocket: socket, unixsocketperm: '700', dir: join(folder, 'data'), logfile: log };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const [command = binary.command, ...args] = [...guard, binary.command, ...flags, ...promises(config.redisFsync)];
  // Detached: Ctrl-C in a terminal reaches its whole process group, and Redis must be the last to go
  const child = spawn(command, args, {
    env: { ...environment, ...binary.variables },
    stdio: 'ignore',
    detached: true,
  });
  child.on('error', () => undefined);
  return child;
}

async function answering(child: ChildProcess, { socket, folder, onProgress }: PrivateServerOptions): Promise<void> {
  const started = Date.now();
  let told = false;
  for (;;) {
    const health = await probe({ path: socket });
    if (health === 'ready') return;
    const waited = Date.now() - started;
    if (hasEnded(child)) throw new Fatal('redis_start', `Redis does not start: ${lastWords(folder)}`);
    if (waited > (health === 'loading' ? LOAD_TIMEOUT_MS : START_TIMEOUT_MS)) {
      await terminate(child, 'SIGTERM', STOP_TIMEOUT_MS);
      throw new Fatal(
        'redis_start',
        `Redis does not answer after ${Math.round(waited / 1000)} s: ${lastWords(folder)}`,
      );
    }
    const slow = health === 'loading' && waited > SLOW_LOAD_MS;
    if (slow && !told) onProgress('Redis is reading its data back');
    told ||= slow;
    await sleep(PROBE_EVERY_MS);
  }
}

/** The last line of its log, without process id and time. */
function lastWords(folder: string): string {
  const log = join(folder, 'redis.log');
  try {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    return `${lines.at(-1)?.replace(/^\S+ \d+ \w+ \d+ [\d:.]+ \S /, '') ?? ''} (${log})`;
  } catch {
    return 'it left no log';
  }
}
