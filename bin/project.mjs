// What the scripts of this folder share: where the project is, and one of them at a time working on it.
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A first `npm ci` over a slow line takes minutes; after this long something is wrong. */
const LOCK_TIMEOUT_MS = 600_000;

export function hashOf(...contents) {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content).update('\0');
  return hash.digest('hex');
}

export function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs `work` while no other process runs anything under the same name; one that died is not waited for. */
export async function alone(name, work) {
  const folder = join(root, 'dist');
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, `.${name}.lock`);
  await take(lock);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

async function take(lock) {
  const claim = `${lock}.${process.pid}`;
  writeFileSync(claim, String(process.pid));
  try {
    const deadline = Date.now() + LOCK_TIMEOUT_MS;
    // A link appears with its content, or not at all: nobody can read a lock without an owner
    while (!linked(claim, lock)) {
      if (Date.now() > deadline)
        throw new Error(`process ${readIfThere(lock)} holds ${lock}: end it, or remove the file`);
      if (isAbandoned(lock)) renameAway(lock);
      else await sleep(100);
    }
  } finally {
    rmSync(claim, { force: true });
  }
}

function linked(claim, lock) {
  try {
    linkSync(claim, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(lock) {
  const owner = readIfThere(lock);
  if (owner === undefined) return false;
  try {
    process.kill(Number(owner), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Of two that see the same dead owner one wins the rename; it gives back a lock that was taken in between. */
function renameAway(lock) {
  const aside = `${lock}.${process.pid}.abandoned`;
  try {
    renameSync(lock, aside);
    if (!isAbandoned(aside)) linked(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
