// Where the private server listens. Invariant: in a folder only this user can enter, and short enough for the kernel.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Fatal } from '../../../runtime/errors.ts';

/** `sun_path` holds 104 bytes on macOS, 108 on Linux, the final zero included. */
const LONGEST_PATH_BYTES = 100;

export const hashOf = (folder: string): string => createHash('sha256').update(folder).digest('hex').slice(0, 16);

/** Inside `folder`, or where that is too long in a folder of the temp folder named after it. Makes the folder. */
export function socketPath(folder: string, temporary: string = tmpdir()): string {
  const near = join(folder, 'redis.sock');
  const path =
    Buffer.byteLength(near) < LONGEST_PATH_BYTES
      ? near
      : join(temporary, `throughline-${hashOf(folder)}`, 'redis.sock');
  makePrivate(dirname(path));
  return path;
}

/** The temp folder is everybody's: a folder that somebody else put there first must not be trusted. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  const own = process.getuid === undefined || process.getuid() === uid;
  if (own && (mode & 0o077) === 0) return;
  throw new Fatal(
    'redis_folder',
    `${folder} must belong to this user and be closed to others: chmod 700 it, or remove it.`,
  );
}
