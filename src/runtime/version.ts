// Which Throughline this is, and where its files are. Invariant: the same answer from the sources and from the build.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const packageSchema = z.object({ version: z.string() });

/** The folder of package.json: two levels up from the sources, three from the build. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json is missing above the program');
    folder = parent;
  }
  return folder;
}

export const version = (): string =>
  packageSchema.parse(JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8'))).version;
