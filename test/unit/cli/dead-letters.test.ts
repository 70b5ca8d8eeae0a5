// `throughline dead-letters` before the API is asked, and when it cannot be: options, the question, the pace, failures.
import { Command } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeRequest, ChangeResponse } from '../../../src/api/routes/dead-letters-schema.ts';
import type { AskApi } from '../../../src/cli/api-call.ts';
import { deadLettersCommand } from '../../../src/cli/dead-letters.command.ts';
import { changeLetters, countLetters, tallyText, type Task } from '../../../src/cli/dead-letters/change.ts';
import { letterTable } from '../../../src/cli/dead-letters/text.ts';
import { main } from '../../../src/cli/main.ts';
import { parseInstant } from '../../../src/stores/dead-letters/instant.ts';
import { createCapturedTerminal } from './captured-terminal.ts';

const saved = { ...process.env };
const servers: Server[] = [];
let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tl-letters-'));
  process.env.THROUGHLINE_DATA_DIR = dataDir;
  process.env.THROUGHLINE_CONSOLE_PASSWORD = 'correct horse';
  process.env.THROUGHLINE_API_PORT = '1';
});
afterEach(() => {
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('THROUGHLINE_'))) delete process.env[name];
  Object.assign(process.env, saved);
  for (const server of servers.splice(0)) server.close();
  rmSync(dataDir, { recursive: true });
});

async function run(...args: readonly string[]) {
  const terminal = createCapturedTerminal();
  const exitCode = await main(['dead-letters', ...args], terminal);
  return { exitCode, ...terminal.written };
}

interface Asked {
  readonly url: string;
  readonly body: ChangeRequest;
}

async function listen(answer: (asked: Asked) => { status: number; body: unknown }): Promise<Asked[]> {
  const seen: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const asked = { url: request.url ?? '', body: JSON.parse(text === '' ? '{}' : text) as ChangeRequest };
      seen.push(asked);
      const { status, body } = answer(asked);
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  process.env.THROUGHLINE_API_PORT = String((server.address() as AddressInfo).port);
  return seen;
}

const answerOf = (done: number, more: Partial<ChangeResponse> = {}): ChangeResponse => ({
  matched: done,
  done,
  skipped: [],
  byCode: done === 0 ? {} : { frame_invalid: done },
  dryRun: false,
  next: null,
  ...more,
});

describe('a moment', () => {
  const NOW = Date.parse('2026-03-04T12:00:00Z');
  test.each([
    ['90s', '2026-03-04T11:58:30Z'],
    ['30m', '2026-03-04T11:30:00Z'],
    ['2h', '2026-03-04T10:00:00Z'],
    ['3d', '2026-03-01T12:00:00Z'],
    ['1w', '2026-02-25T12:00:00Z'],
    ['2026-03-02', '2026-03-02T00:00:00Z'],
    ['2026-03-02T14:00:00+02:00', '2026-03-02T12:00:00Z'],
    ['2026-03-02T14:00Z', '2026-03-02T14:00:00Z'],
  ])('%s is %s', (text, iso) => {
    expect(parseInstant(text, NOW)).toBe(Date.parse(iso));
  });

  test.each(['', '2', 'h', '2 h', '-2h', '1e3s', 'yesterday', '2026-02-31', '2026-03-02T14:00:00', '9999999d'])(
    '%j is none',
    (text) => {
      expect(parseInstant(text, NOW)).toBeUndefined();
    },
  );
});

describe('options', () => {
  test.each([
    [['list', '--limit', '0'], 'must be a whole number from 1 to 1000'],
    [['list', '--limit', '1001'], 'must be a whole number from 1 to 1000'],
    [['list', '--since', 'yesterday'], 'must be how long ago (90s, 30m, 2h, 3d, 1w) or ISO 8601'],
    [['list', '--code', 'no spaces'], 'has 1 to 64 letters, digits, _ and - only'],
    [['list', '--since', '1h', '--until', '2h'], '--since is later than --until'],
    [['retry', '--rate', '0'], 'must be a whole number from 1 to 1000'],
    [['retry', '--rate', 'fast'], 'must be a whole number from 1 to 1000'],
    [['discard', '--rate', '5'], "unknown option '--rate'"],
    [['show'], "missing required argument 'id'"],
    [['shwo', 'x'], "unknown command 'shwo'"],
  ])('%j: %s', async (args, message) => {
    const { exitCode, out, error } = await run(...args);
    expect([exitCode, out]).toEqual([2, '']);
    expect(error).toContain(message);
  });
});

describe('an API', () => {
  test('that cannot be reached', async () => {
    const { exitCode, error } = await run('list');
    expect([exitCode, error]).toEqual([1, expect.stringContaining('Nothing answers at http://127.0.0.1:1.')]);
  });

  test('whose password nobody knows', async () => {
    delete process.env.THROUGHLINE_CONSOLE_PASSWORD;
    const { exitCode, error } = await run('list');
    expect([exitCode, error]).toEqual([1, expect.stringContaining('Set THROUGHLINE_CONSOLE_PASSWORD')]);
  });

  test.each([
    [401, {}, 'does not take the password of THROUGHLINE_CONSOLE_PASSWORD.'],
    [503, { code: 'redis_unreachable', detail: 'Redis does not answer.' }, 'Redis does not answer.'],
    [500, '<html>', 'it answered 500'],
    [200, { letters: 'none' }, 'is it another version of Throughline, or another program?'],
  ])('that answers %i %j', async (status, body, message) => {
    await listen(() => ({ status, body }));
    for (const command of [['list'], ['retry', '--yes'], ['show', 'p0-1-0-0']]) {
      const { exitCode, error } = await run(...command);
      expect([exitCode, error]).toEqual([1, expect.stringContaining(message)]);
      expect(error).not.toContain('correct horse');
    }
  });
});

describe('the question', () => {
  async function press(reply: string, ...args: readonly string[]) {
    const seen = await listen(({ body }) => ({ status: 200, body: answerOf(12, { dryRun: body.dryRun === true }) }));
    const terminal = createCapturedTerminal({ isTty: true });
    const asked: string[] = [];
    const answer = (question: string): Promise<string> => {
      asked.push(question);
      return Promise.resolve(reply);
    };
    let exitCode = -1;
    const program = new Command().exitOverride();
    deadLettersCommand(program, terminal, (code) => (exitCode = code), { isThere: () => true, answer });
    await program.parseAsync(['dead-letters', ...args], { from: 'user' });
    return { exitCode, asked, out: terminal.written.out, changes: seen.filter(({ body }) => body.dryRun === false) };
  }

  test('is asked, and a yes does it, to no more letters than were counted', async () => {
    const { exitCode, asked, changes } = await press('y', 'retry', '--stage', 'conversations');
    expect([exitCode, asked]).toEqual([0, ['Retry 12 dead letters? [y/N] ']]);
    expect(changes).toEqual([{ url: '/api/v1/dead-letters/retry', body: { stage: 'conversations', limit: 12, dryRun: false } }]); // prettier-ignore
  });

  test.each(['', 'n', 'yes please', 'Y E S'])('%j is a no', async (reply) => {
    const { exitCode, out, changes } = await press(reply, 'discard');
    expect([exitCode, out, changes]).toEqual([1, 'Nothing was done.\n', []]);
  });

  test.each([
    [['discard', '--yes'], 1],
    [['retry', 'p0-1-0-0'], 1],
    [['discard', '--dry-run'], 0],
  ])('is not asked: %j', async (args, requests) => {
    const { asked, changes } = await press('n', ...args);
    expect([asked, changes.length]).toEqual([[], requests]);
  });
});

describe('the pace', () => {
  const task: Task = { change: 'retry', filter: { code: 'x' }, ids: [], limit: 1_000_000, rate: 50 };

  function api(total: number) {
    const bodies: ChangeRequest[] = [];
    let left = total;
    const ask: AskApi = (request, schema) => {
      const body = request.body as ChangeRequest;
      bodies.push(body);
      const done = Math.min(left, body.limit ?? 0);
      left -= done;
      return Promise.resolve(schema.parse(answerOf(done, { next: left > 0 ? `${left}.id` : null })));
    };
    return { ask, bodies };
  }

  test('is the rate: requests wait for their share of a second, less what they took', async () => {
    const { ask, bodies } = api(120);
    const waits: number[] = [];
    let now = 0;
    const pace = { now: () => (now += 100), wait: (ms: number) => Promise.resolve(void waits.push(ms)) };
    const tally = await changeLetters(task, { ask, pace, onProgress: () => undefined });
    expect(tally).toMatchObject({ matched: 120, done: 120, byCode: { frame_invalid: 120 } });
    expect(bodies.map(({ limit, cursor }) => [limit, cursor])).toEqual([[50, undefined], [50, '70.id'], [50, '20.id']]); // prettier-ignore
    expect(waits).toEqual([900, 900]);
  });

  test('counting asks for as much as it may, and does not wait', async () => {
    const { ask, bodies } = api(700);
    expect(await countLetters(task, ask)).toMatchObject({ matched: 700 });
    expect(bodies.map(({ limit, dryRun }) => [limit, dryRun])).toEqual([[500, true], [500, true]]); // prettier-ignore
  });

  test('a limit is the whole, over all requests', async () => {
    const { ask, bodies } = api(700);
    const pace = { now: () => 0, wait: () => Promise.resolve() };
    const tally = await changeLetters({ ...task, limit: 70 }, { ask, pace, onProgress: () => undefined });
    expect([tally.matched, bodies.map(({ limit }) => limit)]).toEqual([70, [50, 20]]);
  });

  test('ids go in portions, each once', async () => {
    const { ask, bodies } = api(1200);
    const ids = Array.from({ length: 1200 }, (_, n) => `p0-${n}-0-0`);
    await countLetters({ ...task, ids }, ask);
    expect(bodies.map((body) => body.ids?.length)).toEqual([500, 500, 200]);
    expect(bodies.flatMap((body) => body.ids ?? [])).toEqual(ids);
  });
});

describe('the text', () => {
  test('names ten of those skipped and counts the rest', () => {
    const skipped = Array.from({ length: 12 }, (_, n) => ({ id: `p${n}`, reason: 'not_replayable' as const }));
    const text = tallyText('retry', { matched: 12, done: 0, skipped, byCode: {}, dryRun: true });
    expect(text).toContain('Would retry 0 dead letters. Nothing was done.\nSkipped 12 dead letters:\n  p0: its content was not kept'); // prettier-ignore
    expect(text).toMatch(/ {2}p9: .*\n {2}and 2 more\n$/);
  });

  test('cannot steer the terminal', () => {
    const topic = 'v2.\u001B[2J\u0007\u202Etopic\n';
    const letter = { id: 'p0-1-0-0', stage: 's', code: 'c', message: 'm', topic, parkedAt: 0, attempts: 1, replayable: true }; // prettier-ignore
    const table = letterTable([letter], 5000);
    expect(table).toContain('v2.·[2J··topic·');
    expect(table.split('').filter((char) => char !== '\n' && (char < ' ' || char === '\u202E'))).toEqual([]);
  });
});
