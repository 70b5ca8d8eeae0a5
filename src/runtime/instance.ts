// Which process works in a folder (`up` in its data, an ingester in its spool). Invariant: one at a time; a record whose
// process is gone binds nobody, even when its process id is in use again.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const instanceSchema = z.object({
  pid: z.number().int(),
  /** When that process began, in the kernel's ticks; null where the system does not tell. */
  ticks: z.string().nullable(),
  startedAt: z.string(),
  consoleUrl: z.string().optional(),
});

export type Instance = z.infer<typeof instanceSchema>;

export type Claim =
  | { readonly taken: true; announce(consoleUrl: string): void; release(): void }
  | { readonly taken: false; readonly by: Instance };

const recordPath = (dataDir: string): string => join(dataDir, 'up.json');

/** The `up` that runs in this data folder now, if one does. */
export function runningInstance(dataDir: string): Instance | undefined {
  const instance = read(recordPath(dataDir));
  return instance !== undefined && isAlive(instance) ? instance : undefined;
}

/** The record of another kind of owner has another name. */
export function claimInstance(dataDir: string, path = recordPath(dataDir)): Claim {
  const own: Instance = { pid: process.pid, ticks: ticksOf(process.pid), startedAt: new Date().toISOString() };
  const draft = `${path}.${process.pid}`;
  const write = (instance: Instance): void => writeFileSync(draft, `${JSON.stringify(instance)}\n`, { mode: 0o600 });
  write(own);
  try {
    // A link appears with its content or not at all: nobody sees a record without an owner
    while (!linked(draft, path)) {
      const by = read(path);
      if (by !== undefined && isAlive(by)) return { taken: false, by };
      removeAbandoned(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    taken: true,
    announce: (consoleUrl) => {
      write({ ...own, consoleUrl });
      renameSync(draft, path);
    },
    release: () => rmSync(path, { force: true }),
  };
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Of two that find the same dead owner one wins the rename; a record that is alive after all is put back. */
function removeAbandoned(path: string): void {
  const aside = `${path}.${process.pid}.abandoned`;
  try {
    renameSync(path, aside);
    const moved = read(aside);
    if (moved !== undefined && isAlive(moved)) linked(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function read(path: string): Instance | undefined {
  try {
    return instanceSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, ticks }: Instance): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return ticks === ticksOf(pid);
}

/** Field 22 of /proc/<pid>/stat; the name before it may hold spaces and brackets. */
function ticksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
