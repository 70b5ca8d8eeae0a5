// Installs what the lock file names when it is not there yet. Invariant: silent and quick when there is nothing to do.
import './node-version.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { alone, hashOf, readIfThere, root, seconds } from './project.mjs';

const stamp = join(root, 'node_modules', '.throughline-set-up');
const TAIL_LINES = 15;

/** False when packages could not be installed: the reason has been printed. */
export async function setUp() {
  if (isDone()) return true;
  return alone('set-up', async () => isDone() || install());
}

const wanted = () => hashOf(readIfThere(join(root, 'package-lock.json')) ?? '');

function isDone() {
  if (readIfThere(stamp) === wanted()) return true;
  if (!matchesLockFile()) return false;
  remember();
  return true;
}

function remember() {
  // npm makes no folder where there is nothing to put into it
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted());
}

/** Somebody has run `npm ci` or `npm install` themselves: npm leaves a record of what it put there. */
function matchesLockFile() {
  const installed = readIfThere(join(root, 'node_modules', '.package-lock.json'));
  const locked = readIfThere(join(root, 'package-lock.json'));
  if (installed === undefined || locked === undefined) return false;
  const there = JSON.parse(installed).packages;
  return Object.entries(JSON.parse(locked).packages).every(
    ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
  );
}

async function install() {
  const started = performance.now();
  process.stderr.write('Installing packages (npm ci) … ');
  const { code, output } = await run('npm', ['ci', '--no-fund', '--no-audit']);
  process.stderr.write(`${code === 0 ? 'done' : 'failed'} in ${seconds(started)}\n`);
  if (code === 0) {
    remember();
    return true;
  }
  const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  process.stderr.write(`${tail}\n\n${advice(output)}\n`);
  return false;
}

async function run(command, args) {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  try {
    const [code] = await once(child, 'close');
    return { code, output };
  } catch (error) {
    return { code: 1, output: `${command}: ${error.message}` };
  }
}

function advice(output) {
  if (/spawn npm ENOENT/.test(output))
    return 'npm comes with Node: install Node from https://nodejs.org, then try again.';
  if (/EACCES|EPERM/.test(output))
    return `This user may not write to ${root}: fix the owner of the folder, then try again.`;
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET/.test(output)) {
    return 'The package registry cannot be reached: check the network (and `npm config get registry`), then try again.';
  }
  return 'Run `npm ci` here to see all of it; once it succeeds, the same command goes on from there.';
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  process.exitCode = (await setUp()) ? 0 : 1;
}
