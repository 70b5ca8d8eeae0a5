// Logs of roles: bounded, and read back for the one line that says why a process ended.
import { appendFileSync, closeSync, existsSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { lastWords, openLog, rotateLog, sizeOf } from '../../../src/cli/up/log-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const file = { path: '' };
beforeEach(() => {
  file.path = join(temporaryFolder(), 'worker-1.log');
});
const write = (...lines: readonly (string | object)[]): void => {
  for (const line of lines) appendFileSync(file.path, `${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
};

describe('last words', () => {
  test('are the last error it logged, whatever it said after', () => {
    write({ level: 60, msg: 'bad credentials' }, { level: 30, msg: 'stopped' });
    expect(lastWords(file.path, 0)).toBe('bad credentials');
  });

  test('are what Node printed when it logged no error', () => {
    write(
      { level: 30, msg: 'starting' },
      'node:internal/x:1',
      "Error: Cannot find module 'x'",
      '    at y',
      'Node.js v20',
    );
    expect(lastWords(file.path, 0)).toBe("Error: Cannot find module 'x'");
  });

  test('are its last plain line when that is all there is', () => {
    write('One problem in the configuration:', '  THROUGHLINE_API_PORT: no');
    expect(lastWords(file.path, 0)).toBe('THROUGHLINE_API_PORT: no');
  });

  test('name the log when it said nothing, or nothing since it was started', () => {
    expect(lastWords(file.path, 0)).toBe(`no error in its log, ${file.path}`);
    write({ level: 60, msg: 'yesterday' });
    const before = sizeOf(file.path);
    write({ level: 30, msg: 'fine' });
    expect(lastWords(file.path, before)).toBe(`no error in its log, ${file.path}`);
  });

  test('survive a rotation in between', () => {
    write({ level: 30, msg: 'x'.repeat(1000) });
    const before = sizeOf(file.path);
    rotateLog(file.path, 500);
    write({ level: 60, msg: 'after the cut' });
    expect(lastWords(file.path, before)).toBe('after the cut');
  });

  test('come from the end of a long log, never from half a line', () => {
    write({ level: 30, msg: 'x'.repeat(20_000) }, { level: 30, msg: 'end' });
    expect(lastWords(file.path, 0)).toBe(`no error in its log, ${file.path}`);
  });
});

describe('a log', () => {
  test('is closed to others', () => {
    closeSync(openLog(file.path));
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
  });

  test('that is full becomes the previous one, while its process goes on appending', () => {
    writeFileSync(file.path, 'old\n'.repeat(100));
    const open = openLog(file.path);
    rotateLog(file.path, 100);
    writeSync(open, 'new\n');
    closeSync(open);
    expect(readFileSync(file.path, 'utf8')).toBe('new\n');
    expect(readFileSync(`${file.path}.1`, 'utf8')).toBe('old\n'.repeat(100));
  });

  test('that is not full stays', () => {
    writeFileSync(file.path, 'old\n');
    rotateLog(file.path, 100);
    expect(readFileSync(file.path, 'utf8')).toBe('old\n');
    expect(existsSync(`${file.path}.1`)).toBe(false);
  });
});
