// Secrets are made once, kept for their owner alone, and never silently replaced.
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { ensureSecrets, readSecrets, secretsPath } from '../../../src/cli/up/secrets.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('are made at the first start and the same ever after', () => {
  const dataDir = temporaryFolder();
  expect(readSecrets(dataDir)).toBeUndefined();
  const made = ensureSecrets(dataDir);
  expect(ensureSecrets(dataDir)).toEqual(made);
  expect(readSecrets(dataDir)).toEqual(made);
  expect(readdirSync(dataDir)).toEqual(['secrets.json']);
});

test('differ from one deployment to the next', () => {
  expect(ensureSecrets(temporaryFolder())).not.toEqual(ensureSecrets(temporaryFolder()));
});

test('are what their settings take, and a password can be read out', () => {
  const { consolePassword, payloadKey, eventsToken } = ensureSecrets(temporaryFolder());
  const env = {
    THROUGHLINE_CONSOLE_PASSWORD: consolePassword,
    THROUGHLINE_PAYLOAD_KEY: payloadKey,
    THROUGHLINE_EVENTS_TOKEN: eventsToken,
  };
  expect(loadConfig(env)).toMatchObject({ ok: true });
  expect(consolePassword).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
});

test('gain one that an older file lacks, and keep the others', () => {
  const dataDir = temporaryFolder();
  const { eventsToken, ...older } = ensureSecrets(dataDir);
  writeFileSync(secretsPath(dataDir), JSON.stringify(older));
  const newer = ensureSecrets(dataDir);
  expect(newer).toMatchObject(older);
  expect(newer.eventsToken).not.toBe(eventsToken);
  expect(ensureSecrets(dataDir)).toEqual(newer);
});

test('are closed to others, even when the file was opened to them', () => {
  const dataDir = temporaryFolder();
  ensureSecrets(dataDir);
  expect(statSync(secretsPath(dataDir)).mode & 0o777).toBe(0o600);
  chmodSync(secretsPath(dataDir), 0o644);
  ensureSecrets(dataDir);
  expect(statSync(secretsPath(dataDir)).mode & 0o777).toBe(0o600);
});

test.each([
  ['is not JSON', '{', /secrets\.json is not JSON\. Restore it, or remove it/],
  [
    'lacks one',
    '{"consolePassword":"12345678","emulatorClientSecret":"12345678"}',
    /is damaged: payloadKey\. Restore it/,
  ],
])('are not replaced when the file %s', (_name, content, message) => {
  const dataDir = temporaryFolder();
  writeFileSync(secretsPath(dataDir), content);
  expect(() => ensureSecrets(dataDir)).toThrow(message);
  expect(readFileSync(secretsPath(dataDir), 'utf8')).toBe(content);
});
