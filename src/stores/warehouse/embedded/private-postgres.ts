// Starts PostgreSQL for this run alone. Invariants: reachable from this machine and with its password alone; what it
// acknowledges is on disk; one server a folder (the caller holds the instance lock).
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, type Variables } from '../../embedded/command.ts';
import { deathGuard, hasEnded, keepUp, terminate } from '../../embedded/own-process.ts';
import { Fatal } from '../../../runtime/errors.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { Place } from './place.ts';
import { probe, type Address } from './probe.ts';
import type { ServerUser } from './server-user.ts';

export interface PrivatePostgresOptions {
  readonly binaries: PostgresBinaries;
  readonly place: Place;
  readonly address: Address;
  readonly passwordFile: string;
  readonly user: ServerUser | undefined;
  readonly environment: Variables;
  readonly onProgress: (message: string) => void;
}

export interface PrivatePostgres {
  stop(): Promise<void>;
}

const INIT_TIMEOUT_MS = 120_000;
/** Until it accepts; reading back what a crash left in the log counts. */
const START_TIMEOUT_MS = 120_000;
/** A fast shutdown writes a checkpoint; a disk may be slow. */
const STOP_TIMEOUT_MS = 30_000;
const PROBE_EVERY_MS = 20;
const LOG_MAX_BYTES = 5_242_880;

export async function startPrivatePostgres(options: PrivatePostgresOptions): Promise<PrivatePostgres> {
  const data = join(options.place.folder, 'data');
  if (!existsSync(data)) await initialise(options, data);
  refuseOtherMajor(data, options.binaries.version);
  // INT is its fast shutdown: TERM would wait for every client to leave
  const guard = await deathGuard(options.environment, 'INT');
  const again = (): ChildProcess => launch(options, data, guard);
  const server = { child: again(), stopping: false };
  await answering(server.child, options);
  void keepUp(server, again, () =>
    options.onProgress(`PostgreSQL stopped by itself, starting it again: ${lastWords(options)}`),
  );
  return {
    stop: async () => {
      server.stopping = true;
      await terminate(server.child, 'SIGINT', STOP_TIMEOUT_MS);
    },
  };
}

/** Aside first: a start that is cut off leaves no half cluster behind. */
async function initialise({ binaries, passwordFile, user, place, environment }: PrivatePostgresOptions, data: string) {
  const aside = `${data}.part`;
  rmSync(aside, { recursive: true, force: true });
  const flags = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const sign = ['--username=throughline', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const options = { environment, timeoutMs: INIT_TIMEOUT_MS, cwd: place.folder, ...asUser(user) };
  const made = await run(binaries.initdb, [`--pgdata=${aside}`, ...sign, ...flags], options);
  if (!made.ok) throw new Fatal('warehouse_start', `the SQL store cannot be made in ${place.folder}: ${made.reason}`);
  renameSync(aside, data);
}

const asUser = (user: ServerUser | undefined) => (user === undefined ? {} : { uid: user.uid, gid: user.gid });

function refuseOtherMajor(data: string, version: string): void {
  const major = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version.startsWith(`${major}.`)) return;
  throw new Fatal(
    'warehouse_version',
    `${data} was written by PostgreSQL ${major}, this build brings ${version}: dump it with pg_dump ${major} and restore ` +
      'it into a new folder, or set DATABASE_URL.',
  );
}

function launch(options: PrivatePostgresOptions, data: string, guard: readonly string[]): ChildProcess {
  const { binaries, address, place, environment, user } = options;
  const flags = Object.entries(settings(address)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command = binaries.postgres, ...args] = [...guard, binaries.postgres, '-D', data, ...flags];
  const path = logOf(options);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_MAX_BYTES) renameSync(path, `${path}.1`);
  const log = openSync(path, 'a', 0o600);
  // Detached: Ctrl-C in a terminal reaches its whole process group, and the stores must be the last to go
  const child = spawn(command, args, {
    env: { ...environment, LC_ALL: 'C' },
    stdio: ['ignore', log, log],
    cwd: place.folder,
    detached: true,
    ...asUser(user),
  });
  closeSync(log);
  child.on('error', () => undefined);
  return child;
}

/** A laptop's share of memory; every acknowledged write is on disk (PostgreSQL's own default). */
const settings = ({ kind, host, port }: Address): Record<string, string> => ({
  ...(kind === 'socket'
    ? { listen_addresses: '', unix_socket_directories: host, unix_socket_permissions: '0700' }
    : { listen_addresses: host, unix_socket_directories: '' }),
  port: String(port),
  max_connections: '100',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
  // a statement that fails may hold what must not be in a log
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
});

async function answering(child: ChildProcess, options: PrivatePostgresOptions): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while ((await probe(options.address)) !== 'ready') {
    if (hasEnded(child)) throw new Fatal('warehouse_start', `PostgreSQL does not start: ${lastWords(options)}`);
    if (Date.now() > deadline) {
      await terminate(child, 'SIGINT', STOP_TIMEOUT_MS);
      const waited = START_TIMEOUT_MS / 1000;
      throw new Fatal('warehouse_start', `PostgreSQL does not answer after ${waited} s: ${lastWords(options)}`);
    }
    await sleep(PROBE_EVERY_MS);
  }
}

const logOf = ({ place }: PrivatePostgresOptions): string => join(place.folder, 'postgres.log');

/** The last complaint of its log, without time and process id. */
function lastWords(options: PrivatePostgresOptions): string {
  const log = logOf(options);
  try {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const last = lines.findLast((line) => /\b(FATAL|PANIC|ERROR):/.test(line)) ?? lines.at(-1) ?? '';
    return `${last.replace(/^.*?\] +/, '').slice(0, 300)} (${log})`;
  } catch {
    return 'it left no log';
  }
}
