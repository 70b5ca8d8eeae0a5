// Where settings come from: the environment over `.env`, whichever of a secret's two forms is used.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { childEnvironment, layer, readEnvironment } from '../../../src/config/environment.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { temporaryFolder } from '../cli/temporary-folder.ts';

describe('the environment', () => {
  test('is completed by .env, quotes and comments understood', () => {
    const here = temporaryFolder();
    writeFileSync(join(here, '.env'), '# note\nTHROUGHLINE_CRM_TOKEN="a # b"\nTHROUGHLINE_WORKERS=3 # three\n');
    expect(readEnvironment(here)).toMatchObject({ THROUGHLINE_CRM_TOKEN: 'a # b', THROUGHLINE_WORKERS: '3' });
  });

  test('needs no .env', () => {
    expect(readEnvironment(temporaryFolder())).toMatchObject({ PATH: process.env.PATH });
  });

  test('says which .env cannot be read', () => {
    const here = temporaryFolder();
    mkdirSync(join(here, '.env'));
    expect(() => readEnvironment(here)).toThrow(`${join(here, '.env')} cannot be read (EISDIR). Fix or remove it.`);
  });

  test.each([
    ['A over A', { A: 'env' }, { A: 'file' }, { A: 'env' }],
    ['A_FILE over A', { A_FILE: '/env' }, { A: 'file' }, { A_FILE: '/env' }],
    ['A over A_FILE', { A: 'env' }, { A_FILE: '/file' }, { A: 'env' }],
    ['nothing over A', { A: '' }, { A: 'file' }, { A: 'file' }],
    ['what only .env has', { B: 'env' }, { A: 'file' }, { A: 'file', B: 'env' }],
  ])('wins over .env: %s', (_name, environment, file, expected) => {
    expect(layer(environment, file)).toEqual(expected);
  });
});

test('a child gets settled values only, and what is no setting of ours as it is', () => {
  const loaded = loadConfig({ THROUGHLINE_WORKERS: '3' });
  if (!loaded.ok) throw new Error('the configuration must be sound');
  process.env.THROUGHLINE_CRM_TOKEN_FILE = '/run/secrets/token';
  try {
    const child = childEnvironment(loaded.config);
    expect(child).toMatchObject({ PATH: process.env.PATH, THROUGHLINE_WORKERS: '3', THROUGHLINE_API_PORT: '7700' });
    expect(child).not.toHaveProperty('THROUGHLINE_CRM_TOKEN_FILE');
  } finally {
    delete process.env.THROUGHLINE_CRM_TOKEN_FILE;
  }
});
