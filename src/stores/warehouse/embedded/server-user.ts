// Who the embedded PostgreSQL runs as: it refuses root, so root lends it an unprivileged user of the machine.
// Invariant: a folder counts as enterable only if that user may pass every folder above it.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fatal } from '../../../runtime/errors.ts';

export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** In this order: the user made for it, then the one that owns nothing. */
const CANDIDATES = ['postgres', '_postgres', 'nobody'] as const;

/** Undefined: as who we are. */
export function serverUser(passwd = '/etc/passwd'): ServerUser | undefined {
  if (process.getuid === undefined || process.getuid() !== 0) return undefined;
  const users = parseUsers(readFileSync(passwd, 'utf8'));
  for (const name of CANDIDATES) {
    const user = users.find((one) => one.name === name);
    if (user !== undefined) return user;
  }
  throw new Fatal(
    'warehouse_user',
    `PostgreSQL does not run as root, and this machine has no user ${CANDIDATES.join(' or ')} to lend it. ` +
      'Run Throughline as an ordinary user, or set DATABASE_URL.',
  );
}

const parseUsers = (passwd: string): ServerUser[] =>
  passwd.split('\n').flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':');
    return name === '' || uid === undefined || gid === undefined ? [] : [{ name, uid: asId(uid), gid: asId(gid) }];
  });

/** macOS writes nobody's as -2. */
const asId = (text: string): number => Number(text) >>> 0;

/** Whether `user` may pass `folder` and all above it; access lists beyond the mode bits are not looked at. */
export function canEnter(folder: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true;
  for (let at = folder; ; at = dirname(at)) {
    if (!mayPass(at, user)) return false;
    if (dirname(at) === at) return true;
  }
}

function mayPass(folder: string, { uid, gid }: ServerUser): boolean {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  const bit = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
  return (stat.mode & bit) !== 0;
}
