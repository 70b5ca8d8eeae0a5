// The console as the build makes it, in a folder of its own, so that a test never reads a stale dist.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { consoleAssets } from '../../../src/api/console-assets.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const sources = join(root, 'src', 'console');

export interface ConsoleBuild {
  readonly consoleDir: string;
  readonly assets: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function buildConsole(): Promise<ConsoleBuild> {
  const consoleDir = await mkdtemp(join(tmpdir(), 'throughline-console-'));
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  await promisify(execFile)(tsc, ['-p', join(root, 'tsconfig.console.json'), '--outDir', consoleDir]);
  const ready = (await readdir(sources)).filter((name) => /\.(html|css|svg)$/.test(name));
  await Promise.all(ready.map((name) => copyFile(join(sources, name), join(consoleDir, name))));
  return {
    consoleDir,
    assets: consoleAssets(),
    remove: () => rm(consoleDir, { recursive: true, force: true }),
  };
}
