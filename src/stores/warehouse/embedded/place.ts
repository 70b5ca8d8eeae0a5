// Where the embedded PostgreSQL keeps its data and listens. Invariant: a folder that only the server's user (and root)
// can enter, that outlives a reboot, and whose socket path the kernel can hold.
import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Fatal } from '../../../runtime/errors.ts';
import { hashOf } from '../../redis/embedded/socket-path.ts';
import { canEnter, type ServerUser } from './server-user.ts';

export interface Place {
  /** Holds data, log, password; and a copy of the programs where one is needed. */
  readonly folder: string;
  readonly socketFolder: string;
}

/** PostgreSQL's own name of its socket; the kernel's bound for the whole path is 104 on macOS. */
const SOCKET_NAME = '/.s.PGSQL.5432';
const LONGEST_PATH_BYTES = 100;
/** Both outlive a reboot; the second where the first may not be written. */
const ELSEWHERE = ['/var/lib/throughline', '/var/tmp/throughline'] as const;

export function choosePlace(dataDir: string, user: ServerUser | undefined, temporary: string = tmpdir()): Place {
  const folder = join(user === undefined ? dataDir : enterable(dataDir, user), 'warehouse');
  makeOwn(folder, user);
  const near = join(folder, 'socket');
  const fits = Buffer.byteLength(near + SOCKET_NAME) < LONGEST_PATH_BYTES;
  const socketFolder = fits ? near : join(temporary, `throughline-sql-${hashOf(folder)}`);
  makeOwn(socketFolder, user);
  return { folder, socketFolder };
}

/** `dataDir`, made passable (not readable) for the user; where it lies in a closed folder, one of root's elsewhere. */
function enterable(dataDir: string, user: ServerUser): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (canEnter(dirname(dataDir), user)) {
    // what is in it is closed by itself; root's alone it would stay closed to the server
    chmodSync(dataDir, lstatSync(dataDir).mode | 0o011);
    return dataDir;
  }
  for (const parent of ELSEWHERE) {
    const folder = join(parent, hashOf(dataDir));
    if (canMake(folder) && canEnter(folder, user)) return folder;
  }
  throw new Fatal(
    'warehouse_folder',
    `the data folder ${dataDir} lies where the user ${user.name} cannot enter, and neither ${ELSEWHERE.join(' nor ')} ` +
      'can be made: set THROUGHLINE_DATA_DIR to a folder outside, or DATABASE_URL.',
  );
}

function canMake(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    return true;
  } catch {
    return false;
  }
}

/** The temp folder is everybody's: a folder that somebody else put there first must not be trusted. */
function makeOwn(folder: string, user: ServerUser | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  const self = process.getuid?.();
  const trusted = self === undefined || uid === self || uid === user?.uid;
  if (!trusted || (self !== undefined && (mode & 0o077) !== 0)) {
    throw new Fatal('warehouse_folder', `${folder} must belong to this user and be closed to others: remove it.`);
  }
  if (user !== undefined && uid !== user.uid) chownSync(folder, user.uid, user.gid);
}
