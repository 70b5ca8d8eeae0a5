// The way to an SQL store: the one that is configured, one that already runs in the data folder, or PostgreSQL as npm
// brought it, started there. Invariant: stop() ends what this call started and nothing else.
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fatal } from '../../../runtime/errors.ts';
import type { Variables } from '../../embedded/command.ts';
import { findBinaries } from './binaries.ts';
import { choosePlace, type Place } from './place.ts';
import { startPrivatePostgres } from './private-postgres.ts';
import { probe, urlOf, type Address } from './probe.ts';
import { serverUser, type ServerUser } from './server-user.ts';

export interface EnsureWarehouseOptions {
  readonly config: { readonly databaseUrl?: string | undefined };
  /** Absolute; everything is kept in its folder `warehouse`, or where the server's user can enter (see place.ts). */
  readonly dataDir: string;
  readonly environment: Variables;
  readonly onProgress: (message: string) => void;
}

export interface RunningWarehouse {
  readonly url: string;
  /** For people: where it comes from. */
  readonly source: string;
  stop(): Promise<void>;
}

/** A server that lost its parent is told at once and refuses connections while it ends: this one is given time. */
const ORPHAN_MS = 300;
const LEAVE_TIMEOUT_MS = 30_000;
const SOCKET_PORT = 5432;
const LOOPBACK = '127.0.0.1';

export async function ensureWarehouse(options: EnsureWarehouseOptions): Promise<RunningWarehouse> {
  const { databaseUrl } = options.config;
  if (databaseUrl !== undefined) return { url: databaseUrl, source: 'DATABASE_URL', stop: leaveAlone };

  const user = serverUser();
  const place = choosePlace(options.dataDir, user);
  const address = await addressIn(place, user);
  const url = urlOf(address);
  if (await alreadyRuns(address)) return { url, source: 'already running', stop: leaveAlone };
  const { environment } = options;
  const binaries = await findBinaries({ user, place: place.folder, environment });
  const passwordFile = join(place.folder, 'password');
  const server = await startPrivatePostgres({ ...options, binaries, place, address, passwordFile, user });
  const where = place.folder.startsWith(options.dataDir) ? '' : ` (data in ${place.folder})`;
  return { url, source: `PostgreSQL ${binaries.version}${where}`, stop: () => server.stop() };
}

const leaveAlone = (): Promise<void> => Promise.resolve();

/** The password is made once and kept: the cluster knows it from its making. */
async function addressIn({ folder, socketFolder }: Place, user: ServerUser | undefined): Promise<Address> {
  const file = join(folder, 'password');
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    if (user !== undefined) chownSync(file, user.uid, user.gid);
  }
  const password = readFileSync(file, 'utf8').trim();
  // node reaches unix sockets of PostgreSQL on every system but this one
  if (process.platform !== 'win32') return { kind: 'socket', host: socketFolder, port: SOCKET_PORT, password };
  return { kind: 'tcp', host: LOOPBACK, port: runningPort(folder) ?? (await freePort()), password };
}

/** Line 4 of what a running server notes about itself. */
function runningPort(folder: string): number | undefined {
  try {
    return Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[3]) || undefined;
  } catch {
    return undefined;
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** True for one that has come to stay; waits for one that is ending. */
async function alreadyRuns(address: Address): Promise<boolean> {
  if ((await probe(address)) === 'absent') return false;
  await sleep(ORPHAN_MS);
  const deadline = Date.now() + LEAVE_TIMEOUT_MS;
  for (;;) {
    const health = await probe(address);
    if (health !== 'busy') return health === 'ready';
    if (Date.now() > deadline) {
      throw new Fatal(
        'warehouse_busy',
        'a PostgreSQL in the data folder neither starts nor stops: end it, then try again.',
      );
    }
    await sleep(100);
  }
}
