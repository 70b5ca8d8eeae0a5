// What is generated from the entries: the committed copy is the generated text, and examples are true.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { environmentFor, renderEnvExample, renderTables } from '../../../src/config/document.ts';
import { loadConfig, table } from '../../../src/config/load.ts';

const committed = new URL('../../../.env.example', import.meta.url);
const uncommented = renderEnvExample().replaceAll(/^# (?=[A-Z_]+=.)/gm, '');

describe('.env.example', () => {
  test('is the generated text (npx throughline config docs --env-example > .env.example)', () => {
    expect(readFileSync(committed, 'utf8')).toBe(renderEnvExample());
  });

  test('names every setting', () => {
    for (const [, { env }] of table) expect(renderEnvExample()).toContain(`# ${env}=`);
  });

  test('is a sound value for every setting by itself', () => {
    for (const [key, { env, example, schema, secret }] of table) {
      const written = parseEnv(uncommented)[env] ?? (secret ? undefined : example);
      if (written !== undefined) expect(schema.safeParse(written), key).toMatchObject({ success: true });
    }
  });
});

test('examples that are no secrets are values their setting takes', () => {
  for (const [key, { example, schema, secret }] of table) {
    if (!secret) expect(schema.safeParse(example), key).toMatchObject({ success: true });
  }
});

test('the tables hold every setting, and the file form of secrets', () => {
  const tables = renderTables();
  for (const [, { env }] of table) expect(tables).toContain(`\`${env}\``);
  expect(tables).toContain('`THROUGHLINE_CRM_TOKEN_FILE`');
  expect(tables).not.toContain('`THROUGHLINE_API_PORT_FILE`');
});

test('a settled configuration survives the way through the environment of a child', () => {
  const loaded = loadConfig({ THROUGHLINE_WORKERS: '3', THROUGHLINE_CONSOLE_PASSWORD: 'a=b "c" # d' });
  expect(loaded.ok).toBe(true);
  if (loaded.ok) expect(loadConfig(environmentFor(loaded.config))).toEqual(loaded);
});
