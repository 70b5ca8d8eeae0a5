// The rules of the house that no linter knows. Invariant: each rule names the files that break it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { describe, expect, it } from 'vitest';

const CODE = new Set(['.ts', '.mjs', '.lua', '.css', '.html']);
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '');
const sources = tracked.filter((path) => CODE.has(extname(path)) && !path.startsWith('test/fixtures/'));
const read = (path: string): string => readFileSync(path, 'utf8');

interface LockedPackage {
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly optionalDependencies?: Record<string, string>;
}
const locked = (JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> }).packages;

describe('every source file', () => {
  it('opens with what it is', () => {
    const opening = /^(#!.*\n)?(\/\/|--|\/\*|<!--|<!doctype html>\s*<!--) ?\S/i;
    expect(sources.filter((path) => !opening.test(read(path)))).toEqual([]);
  });

  it('is at most 250 lines long, outside tests', () => {
    const long = sources.filter((path) => !path.startsWith('test/') && read(path).split('\n').length > 251);
    expect(long).toEqual([]);
  });

  it('has a name that says something', () => {
    expect(sources.filter((path) => /(utils?|helpers?|common|misc|manager)\b/i.test(path))).toEqual([]);
  });

  it('leaves the environment to the one file that reads it', () => {
    const readers = sources.filter(
      (path) => /^(src|queues|workers)\//.test(path) && /\bprocess\.env\b/.test(read(path)),
    );
    expect(readers).toEqual(['src/config/environment.ts']);
  });
});

describe('the lock file', () => {
  it('names no registry host', () => {
    expect(Object.keys(locked).filter((path) => locked[path]?.resolved !== undefined)).toEqual([]);
  });

  it('holds every optional platform package, so that `npm ci` works on all of them', () => {
    const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => locked[`node_modules/${name}`] === undefined && locked[`${path}/node_modules/${name}`] === undefined,
      ),
    );
    expect(missing).toEqual([]);
  });
});
