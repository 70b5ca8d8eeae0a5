// The ladder to a Redis: the one that is configured, one that already runs here, one on PATH, one from the packages of
// the distribution, one in Docker. Invariant: stop() ends what this call started and nothing else.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fatal } from '../../../runtime/errors.ts';
import type { RedisBinary } from './binary.ts';
import type { Variables } from '../../embedded/command.ts';
import { startInDocker } from './docker.ts';
import { fetchRedis } from './fetch.ts';
import { findOnPath } from './find.ts';
import { startPrivateServer } from './private-server.ts';
import type { RedisChoice } from './promises.ts';
import { probe } from './probe.ts';
import { socketPath } from './socket-path.ts';

export interface EnsureRedisOptions {
  readonly config: RedisChoice;
  /** Absolute; everything is kept in its folder `redis`. */
  readonly dataDir: string;
  /** What programs are run with; its PATH is where a server is looked for. */
  readonly environment: Variables;
  readonly onProgress: (message: string) => void;
}

export interface RunningRedis {
  readonly url: string;
  /** For people: where it comes from. */
  readonly source: string;
  stop(): Promise<void>;
}

/** A server that lost its parent goes within its next tick (100 ms): one that still answers after this has come to stay. */
const ORPHAN_MS = 300;

export async function ensureRedis(options: EnsureRedisOptions): Promise<RunningRedis> {
  const { redisUrl } = options.config;
  if (redisUrl !== undefined) return { url: redisUrl, source: 'REDIS_URL', stop: leaveAlone };

  const folder = join(options.dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const socket = socketPath(folder);
  const url = `unix:${socket}`;
  if (await alreadyRuns(socket)) return { url, source: 'already running', stop: leaveAlone };

  const found = await findBinary({ ...options, folder });
  if ('binary' in found) {
    const { binary } = found;
    const server = await startPrivateServer({ ...options, binary, folder, socket });
    return { url, source: `${binary.command} ${binary.version}`, stop: () => server.stop() };
  }
  const docker = await startInDocker({ ...options, folder });
  if (docker.url !== undefined) return { url: docker.url, source: 'Docker', stop: docker.stop };
  throw new Fatal('redis_missing', noRedis([...found.reasons, `Docker: ${docker.reason}`]));
}

const leaveAlone = (): Promise<void> => Promise.resolve();

async function alreadyRuns(socket: string): Promise<boolean> {
  if ((await probe({ path: socket })) === 'absent') return false;
  await sleep(ORPHAN_MS);
  return (await probe({ path: socket })) !== 'absent';
}

async function findBinary(
  options: EnsureRedisOptions & { readonly folder: string },
): Promise<{ readonly binary: RedisBinary } | { readonly reasons: readonly string[] }> {
  const onPath = await findOnPath(options.environment);
  if (onPath.binary !== undefined) return { binary: onPath.binary };
  const fetched = await fetchRedis(options);
  return 'binary' in fetched
    ? { binary: fetched.binary }
    : { reasons: [...onPath.reasons, `Debian or Ubuntu packages: ${fetched.reason}`] };
}

const noRedis = (reasons: readonly string[]): string =>
  [
    'There is no Redis to work with. Tried:',
    ...reasons.map((reason) => `  - ${reason}`),
    'Any one of these helps:',
    '  - install it: sudo apt-get install redis-server, or: brew install redis',
    '  - start Docker',
    '  - set REDIS_URL to a Redis or Valkey 6.2 or newer, for example redis://127.0.0.1:6379/0',
  ].join('\n');
