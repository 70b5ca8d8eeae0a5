// Where ingesters keep their spools: a numbered folder each, `<root>/ingester-<n>`. Invariants: a folder has one living owner
// at a time; what a dead one left is taken over by the next ingester that starts; an empty folder does not stay.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface SpoolFolder {
  readonly path: string;
  /** Gives it up; what is in it stays. */
  release(): void;
}

export interface SpoolFoldersNeeds {
  readonly root: string;
  /** Undefined when a living process has it. */
  readonly claim: (folder: string) => { release(): void } | undefined;
}

/** Far more ingesters than one machine runs. */
const MOST = 64;
const CHUNK = /\.chunk$/;

/** All with frames in them and without a living owner, in their order. */
export function leftoverFolders(needs: SpoolFoldersNeeds): SpoolFolder[] {
  if (!existsSync(needs.root)) return [];
  const names = readdirSync(needs.root).filter((name) => /^ingester-\d{1,2}$/.test(name));
  return names
    .map((name) => join(needs.root, name))
    .filter((path) => readdirSync(path).some((file) => CHUNK.test(file)))
    .flatMap((path) => claimed(path, needs) ?? []);
}

/** One of its own, made. */
export function freshFolder(needs: SpoolFoldersNeeds): SpoolFolder {
  for (let n = 0; n < MOST; n += 1) {
    const path = join(needs.root, `ingester-${n}`);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const folder = claimed(path, needs);
    if (folder !== undefined) return folder;
  }
  throw new Error(`all ${MOST} spool folders are taken`);
}

function claimed(path: string, { claim }: SpoolFoldersNeeds): SpoolFolder | undefined {
  const owner = claim(path);
  if (owner === undefined) return undefined;
  return {
    path,
    release: () => {
      owner.release();
      if (existsSync(path) && readdirSync(path).length === 0) rmSync(path, { recursive: true });
    },
  };
}
