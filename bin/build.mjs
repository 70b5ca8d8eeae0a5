// Compiles the sources into dist/ when they are not what dist/ was made from. Invariant: the stamp is written last, so
// that a build that failed or was cut off is done again.
import './node-version.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { alone, hashOf, readIfThere, root, seconds } from './project.mjs';

const dist = join(root, 'dist');
const stamp = join(dist, '.built-from');
const SOURCES = ['src', 'queues', 'workers', 'bench'];
const SETTINGS = ['package.json', 'tsconfig.json', 'tsconfig.console.json'];
/** What is not compiled but read when it runs, and where from. */
const COPIED = [
  { from: 'src', to: 'src', extensions: ['.lua', '.json', '.sql'] },
  { from: join('src', 'console'), to: 'console', extensions: ['.html', '.css', '.svg'] },
];

/** False when the sources do not compile: the reason has been printed. */
export async function build() {
  // An image may hold dist/ alone
  if (!existsSync(join(root, 'src'))) return true;
  if (readIfThere(stamp) === fingerprint()) return true;
  return alone('build', async () => readIfThere(stamp) === fingerprint() || compile());
}

function fingerprint() {
  const files = [...SOURCES.filter((folder) => existsSync(join(root, folder))).flatMap(filesIn), ...SETTINGS];
  return hashOf(...files.flatMap((path) => [path, readFileSync(join(root, path))]));
}

/** Every file under a folder of the project, in the order of their names. */
const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(join(root, path)).isFile())
    .toSorted((one, other) => (one < other ? -1 : 1));

async function compile() {
  const started = performance.now();
  const before = fingerprint();
  process.stderr.write('Building … ');
  for (const folder of [...SOURCES, 'console']) rmSync(join(dist, folder), { recursive: true, force: true });
  const problems = (await Promise.all([tsc('tsconfig.json'), tsc('tsconfig.console.json')])).filter(Boolean);
  process.stderr.write(`${problems.length === 0 ? 'done' : 'failed'} in ${seconds(started)}\n`);
  if (problems.length > 0) {
    process.stderr.write(
      `${problems.join('\n')}\nThe sources do not compile: fix the lines named above, then try again.\n`,
    );
    return false;
  }
  COPIED.forEach(copy);
  writeFileSync(stamp, before);
  return true;
}

/** What the compiler complains about; nothing when it is content. */
async function tsc(project) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '--project', join(root, project), '--noEmitOnError', '--pretty', 'false'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return code === 0 ? '' : output.trimEnd() || `tsc ended with ${code}`;
}

function copy({ from, to, extensions }) {
  for (const path of filesIn(from).filter((name) => extensions.includes(extname(name)))) {
    cpSync(join(root, path), join(dist, to, relative(from, path)));
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  process.exitCode = (await build()) ? 0 : 1;
}
