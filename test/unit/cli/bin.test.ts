// The scripts of bin/ in a project of their own: set up once, built when due, one at a time, and readable when they fail.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const project = { root: '' };
beforeEach(() => {
  project.root = temporaryFolder();
  cpSync(join(repository, 'bin'), join(project.root, 'bin'), { recursive: true });
});
const put = (path: string, content: string | object): void => {
  mkdirSync(join(project.root, path, '..'), { recursive: true });
  writeFileSync(join(project.root, path), typeof content === 'string' ? content : JSON.stringify(content));
};
const read = (path: string): string => readFileSync(join(project.root, path), 'utf8');
const has = (path: string): boolean => existsSync(join(project.root, path));

async function run(script: string, ...flags: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const child = spawn(process.execPath, [...flags, join(project.root, 'bin', script)], { cwd: tmpdir() });
  const written = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.error += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...written };
}

describe('set-up', () => {
  const lock = (version: string, packages: object = {}): object => ({
    name: 'sample',
    version,
    lockfileVersion: 3,
    packages: { '': { name: 'sample', version }, ...packages },
  });
  const setProject = (version: string, more: object = {}): void => {
    put('package.json', { name: 'sample', version, ...more });
    put('package-lock.json', lock(version));
  };

  test('installs once, and again when the lock file has changed', async () => {
    setProject('1.0.0');
    expect(await run('set-up.mjs')).toMatchObject({
      code: 0,
      out: '',
      error: expect.stringMatching(/^Installing packages \(npm ci\) … done in \d+\.\d s\n$/),
    });
    expect(await run('set-up.mjs')).toEqual({ code: 0, out: '', error: '' });
    setProject('1.0.1');
    expect((await run('set-up.mjs')).error).toContain('Installing');
    expect(has('dist/.set-up.lock')).toBe(false);
  });

  test('leaves alone what somebody has installed as the lock file says', async () => {
    const packages = { 'node_modules/a': { version: '2.0.0' }, 'node_modules/b': { version: '1.0.0', optional: true } };
    put('package.json', { name: 'sample', version: '1.0.0' });
    put('package-lock.json', lock('1.0.0', packages));
    put('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '2.0.0' } } });
    expect(await run('set-up.mjs')).toEqual({ code: 0, out: '', error: '' });
    expect(has('node_modules/.throughline-set-up')).toBe(true);
  });

  test('that fails shows the end of what npm said and what to do, and is tried again', async () => {
    setProject('1.0.0', { dependencies: { 'not-in-the-lock-file': '1.0.0' } });
    const failed = await run('set-up.mjs');
    expect(failed).toMatchObject({ code: 1, error: expect.stringContaining('failed in') });
    expect(failed.error).toContain('not-in-the-lock-file');
    expect(failed.error).toContain('Run `npm ci` here to see all of it');
    setProject('1.0.0');
    expect((await run('set-up.mjs')).code).toBe(0);
  });

  test('happens once when two want it', async () => {
    setProject('1.0.0');
    const both = await Promise.all([run('set-up.mjs'), run('set-up.mjs')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ error }) => error.includes('Installing'))).toHaveLength(1);
  });

  test('does not wait for one that died', async () => {
    setProject('1.0.0');
    put('dist/.set-up.lock', String(2 ** 22 + 1));
    expect((await run('set-up.mjs')).code).toBe(0);
  });
});

describe('build', () => {
  beforeEach(() => {
    symlinkSync(join(repository, 'node_modules'), join(project.root, 'node_modules'));
    for (const name of ['tsconfig.json', 'tsconfig.console.json', 'package.json']) {
      cpSync(join(repository, name), join(project.root, name));
    }
    put('src/greeting.ts', "export const greeting: string = 'hello';\n");
    put('src/deep/script.lua', 'return 1\n');
    put('src/console/main.ts', "document.title = 'x';\n");
    put('src/console/index.html', '<!doctype html>\n');
    put('queues/one.queue.ts', "export { greeting } from '../src/greeting.ts';\n");
    put('workers/main.ts', "import { greeting } from '../src/greeting.ts';\nprocess.stdout.write(greeting);\n");
  });

  test('compiles everything and copies what is read at run time', async () => {
    expect(await run('build.mjs')).toMatchObject({
      code: 0,
      out: '',
      error: expect.stringMatching(/^Building … done in/),
    });
    expect(read('dist/queues/one.queue.js')).toContain("'../src/greeting.js'");
    expect(read('dist/src/deep/script.lua')).toBe('return 1\n');
    expect(read('dist/console/index.html')).toBe('<!doctype html>\n');
    expect(has('dist/console/main.js')).toBe(true);
    expect(has('dist/src/console')).toBe(false);
  });

  test('is silent when nothing has changed, and forgets what is gone', async () => {
    await run('build.mjs');
    expect(await run('build.mjs')).toEqual({ code: 0, out: '', error: '' });
    put('src/deep/script.lua', 'return 2\n');
    rmSync(join(project.root, 'queues/one.queue.ts'));
    expect((await run('build.mjs')).error).toContain('Building');
    expect(read('dist/src/deep/script.lua')).toBe('return 2\n');
    expect(has('dist/queues/one.queue.js')).toBe(false);
  });

  test('that fails names the line, and is tried again', async () => {
    put('src/greeting.ts', 'export const greeting: string = 1;\n');
    const failed = await run('build.mjs');
    expect(failed).toMatchObject({ code: 1, error: expect.stringContaining('src/greeting.ts(1,14): error TS2322') });
    expect(has('dist/workers/main.js')).toBe(false);
    expect(await run('build.mjs')).toMatchObject({ code: 1 });
  });

  test('happens once when two want it', async () => {
    const both = await Promise.all([run('build.mjs'), run('build.mjs')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ error }) => error.includes('Building'))).toHaveLength(1);
  });

  test('is not needed where there are no sources', async () => {
    rmSync(join(project.root, 'src'), { recursive: true });
    expect(await run('build.mjs')).toEqual({ code: 0, out: '', error: '' });
  });
});

test('an old Node is told so in one sentence', async () => {
  const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`;
  const { code, error } = await run('throughline.mjs', '--import', `data:text/javascript,${encodeURIComponent(old)}`);
  expect(code).toBe(1);
  expect(error).toMatch(/^Throughline needs Node 20\.19 or newer; this is 18\.20\.4 \(.*\)\. Get one from .*\n$/);
});
