// `throughline identity` on files: what it prints, how it refuses, and that no value of a person is ever shown.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { PEOPLE } from '../identity/people.ts';
import { createCapturedTerminal } from './captured-terminal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const files = { input: '', truth: '', out: '' };
const lines = (rows: readonly object[]): string => `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
beforeAll(() => {
  const folder = temporaryFolder();
  Object.assign(files, { input: join(folder, 'in'), truth: join(folder, 'truth'), out: join(folder, 'out') });
  writeFileSync(files.input, lines(PEOPLE));
  writeFileSync(files.truth, lines(PEOPLE.map(({ id, person }) => ({ id, cluster: person }))));
});

async function run(...args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const terminal = createCapturedTerminal();
  const code = await main(['identity', ...args], terminal);
  return { code, ...terminal.written };
}

/** Of everybody in the small world: names, mailboxes, numbers. */
const VALUES = /quillfeather|brandvold|falkenrath|corvalan|lindqvist|7946|22123456|gmail/i;

describe('evaluate', () => {
  test('prints the figures, as text and as JSON, and writes the profiles', async () => {
    const { code, out, error } = await run('evaluate', files.input, files.truth);
    expect([code, error]).toEqual([0, '']);
    expect(out).toMatch(/Precision +1\.0000\n +Recall +1\.0000\n +F1 +1\.0000/);
    expect(out).toMatch(/records a second/);
    const named = ['--input', files.input, '--truth', files.truth, '--out', files.out, '--json'];
    const figures: unknown = JSON.parse((await run('evaluate', ...named)).out);
    expect(figures).toMatchObject({ records: PEOPLE.length, f1: 1, mixed: 0, mixedOutsideTraps: 0, threshold: 85 });
    const profiles = readFileSync(files.out, 'utf8')
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(profiles).toHaveLength(PEOPLE.length);
    expect(profiles).toContainEqual({ id: 'a5', profile_id: 'a1' });
  });

  test('refuses files that do not belong together, and lines it cannot read, by number and field alone', async () => {
    const other = `${files.truth}-other`;
    writeFileSync(other, lines([{ id: 'nobody', cluster: 1 }]));
    expect(await run('evaluate', files.input, other)).toMatchObject({
      code: 2,
      error: expect.stringContaining('1 ids of'),
    });
    const broken = `${files.input}-broken`;
    writeFileSync(broken, '{"id":"a"}\n{"id":"b","email":7}\nQuillfeather\n{"id":"a"}\n{"name":"Ada Quillfeather"}\n');
    const { code, error } = await run('near-misses', broken);
    expect(code).toBe(2);
    expect(error).toMatch(
      /line 2: email: .*\n.*line 3: it is no JSON object\n.*line 4: id: another line has it too\n.*line 5: id: /,
    );
    expect(error).not.toMatch(VALUES);
    expect(await run('evaluate', join(files.input, 'none'), files.truth)).toMatchObject({ code: 2 });
    expect(await run('evaluate', files.input)).toMatchObject({ code: 2, error: expect.stringContaining('--truth') });
    expect(await run('evaluate', files.input, '--input', files.input)).toMatchObject({ code: 2 });
  });
});

describe('explain', () => {
  test('tells each join between two records of one profile', async () => {
    const { code, out } = await run('explain', 'a1', 'a5', '--input', files.input);
    expect(code).toBe(0);
    expect(out).toContain('a1 and a5 are one profile.');
    expect(out).toMatch(/email +same +\+/);
    expect(out).toMatch(/account +same +\+/);
    expect(out).not.toMatch(VALUES);
  });

  test('tells what held two profiles apart', async () => {
    const { out } = await run('explain', 'h1', 'h3', '--input', files.input);
    expect(out).toContain('are two profiles');
    expect(out).toContain('Not by itself: the names conflict');
    const { out: text } = await run('explain', 'h1', 'h3', '--input', files.input, '--json');
    expect(JSON.parse(text)).toMatchObject({ one: 'h1', oneProfile: false, pair: { vetoes: ['names-conflict'] } });
  });

  test('names the record that is not there', async () => {
    expect(await run('explain', 'a1', 'zz', '--input', files.input)).toMatchObject({
      code: 2,
      error: expect.stringContaining('no record zz'),
    });
    expect(await run('explain', 'a1', 'a1', '--input', files.input)).toMatchObject({ code: 2 });
  });
});

describe('near-misses', () => {
  test('lists who was held apart, the surest first, and by what', async () => {
    const { code, out } = await run('near-misses', files.input, '--vetoed', '--json', '--min-score', '0');
    const near = JSON.parse(out) as readonly {
      one: string;
      other: string;
      decision: { score: number; band: string };
    }[];
    expect(code).toBe(0);
    expect(near.map(({ decision }) => decision.score)).toEqual(
      near.map(({ decision }) => decision.score).toSorted((a, b) => b - a),
    );
    expect(near.every(({ decision }) => decision.band !== 'match')).toBe(true);
    expect(near).toContainEqual(expect.objectContaining({ one: 'j1', other: 'j2' }));
    const { out: table } = await run('near-misses', files.input, '--vetoed', '--limit', '3');
    expect(table.trim().split('\n').length).toBeLessThanOrEqual(4);
    expect(table).toContain('generation');
    expect(table).not.toMatch(VALUES);
  });

  test('leaves out what no threshold would join, unless it is asked for', async () => {
    const { out } = await run('near-misses', files.input, '--json', '--min-score', '0');
    const near = JSON.parse(out) as readonly { decision: { vetoes: readonly string[] } }[];
    expect(near.every(({ decision }) => decision.vetoes.length === 0)).toBe(true);
  });

  test('a threshold outside its range is refused', async () => {
    expect(await run('near-misses', files.input, '--threshold', '100')).toMatchObject({ code: 2 });
  });
});
