// `throughline privacy` on files, as a person runs it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { createCapturedTerminal } from './captured-terminal.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function run(...args: readonly string[]): Promise<{ exitCode: number; out: string; error: string }> {
  const terminal = createCapturedTerminal();
  const exitCode = await main(['privacy', ...args], terminal);
  return { exitCode, ...terminal.written };
}

function file(name: string, content: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

const ndjson = (...records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

describe('redact', () => {
  test('a text keeps its lines; the profile’s values go', async () => {
    const profile = file('profile.json', JSON.stringify({ name: 'Jane Doe', ids: ['KD-1234'], more: 1 }));
    const text = file('text', 'Jane called\r\n\r\nabout kd 1234, +31 6 12345678, no break at the end');
    const { exitCode, out } = await run('redact', text, '--profile', profile);
    expect(exitCode).toBe(0);
    expect(out).toBe('REDACTED_NAME called\r\n\r\nabout REDACTED_NATIONAL_ID, REDACTED_PHONE, no break at the end');
  });

  test('a long text, in blocks', async () => {
    const line = 'mail jane@example.org now\n';
    const { out } = await run('redact', file('long', line.repeat(6000)));
    expect(out).toBe('mail REDACTED_EMAIL now\n'.repeat(6000));
  });

  test('records, by their fields', async () => {
    const records = file('records', `${ndjson({ phone: '0612345678', n: 1 })}\n${ndjson({ text: 'try 06 12345678' })}`);
    const { out } = await run('redact', records, '--ndjson', '--region', 'nl', '--style', 'mask');
    expect(out).toBe(ndjson({ phone: '**********', n: 1 }, { text: 'try ** ********' }));
  });

  test.each([
    [['redact', '/nowhere'], /"\/nowhere" cannot be read \(ENOENT\)/],
    [['redact', '--region', 'XX'], /country of ISO 3166/],
    [['redact', '--style', 'none'], /token, mask, drop/],
  ])('%j is refused', async (args, message) => {
    const { exitCode, error } = await run(...args);
    expect(exitCode).toBe(2);
    expect(error).toMatch(message);
  });

  test('a broken line or profile is named, never quoted', async () => {
    const broken = await run('redact', file('records', '{"a":1}\n{jane@example.org'), '--ndjson');
    expect(broken).toMatchObject({ exitCode: 2, out: '{"a":1}\n', error: expect.stringMatching(/line 2: no JSON/) });
    const profile = await run('redact', file('text', ''), '--profile', file('profile', '{"phones":[["jane"]]}'));
    expect(profile).toMatchObject({ exitCode: 2, error: expect.stringMatching(/at phones\.0/) });
    expect(broken.error + profile.error).not.toMatch(/jane/);
  });
});

describe('evaluate', () => {
  const input = ndjson(
    { id: 'a', text: 'mail jane@example.org', channel: 'chat' },
    { id: 'b', text: 'hi jane, 06 12345678', region: 'NL', profile: { name: 'Jane', emails: [], phones: [] } },
  );
  const gold = ndjson(
    { id: 'b', spans: [{ start: 3, end: 7, type: 'NAME' }, { start: 9, end: 20, type: 'PHONE_NUMBER' }] },
    { id: 'a', spans: [{ start: 5, end: 21, type: 'EMAIL_ADDRESS', spoken: false }] },
  ); // prettier-ignore

  test('gives figures and what was found', async () => {
    const out = file('out', '');
    const args = ['evaluate', '--input', file('in', input), '--gold', file('gold', gold)];
    const asJson = await run(...args, '--json', '--out', out);
    expect(asJson.exitCode).toBe(0);
    expect(JSON.parse(asJson.out)).toMatchObject({
      messages: 2,
      recall: 1,
      precision: 1,
      f1: 1,
      destroyed: 0,
      beyond: [],
    });
    expect(readFileSync(out, 'utf8')).toBe(
      ndjson(
        { id: 'a', spans: [{ start: 5, end: 21, type: 'EMAIL_ADDRESS' }] },
        { id: 'b', spans: [{ start: 3, end: 7, type: 'NAME' }, { start: 9, end: 20, type: 'PHONE_NUMBER' }] },
      ), // prettier-ignore
    );
    const asTable = await run(...args);
    expect(asTable.out).toMatch(/2 messages: recall 1\.0000, precision 1\.0000/);
    expect(asTable.out).toMatch(/PHONE_NUMBER +1 +1\.0000/);
  });

  test('labels and messages belong together', async () => {
    const missing = await run(
      'evaluate',
      '--input',
      file('in', input),
      '--gold',
      file('gold', gold.split('\n')[0] ?? ''),
    );
    expect(missing).toMatchObject({ exitCode: 2, error: expect.stringMatching(/message "a" has no labels/) });
    const more = await run('evaluate', '--input', file('in', input.split('\n')[0] ?? ''), '--gold', file('gold', gold));
    expect(more).toMatchObject({ exitCode: 2, error: expect.stringMatching(/1 of its labels have no message/) });
    const shapeless = await run('evaluate', '--input', file('in', '{"id":1}'), '--gold', file('gold', gold));
    expect(shapeless).toMatchObject({ exitCode: 2, error: expect.stringMatching(/line 1: id is missing/) });
    const nowhere = await run(
      'evaluate',
      '--input',
      file('in', input),
      '--gold',
      file('gold', gold),
      '--out',
      '/nowhere/out',
    );
    expect(nowhere).toMatchObject({ exitCode: 1, error: expect.stringMatching(/cannot be written \(ENOENT\)/) });
  });
});
