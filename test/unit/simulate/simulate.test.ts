// The simulator against a real emulator and on the command line: who sets out when, what a person is told, and how it
// ends when something is wrong.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { departures } from '../../../src/simulate/run.ts';
import { readScenario, scenarioNames } from '../../../src/simulate/scenario-files.ts';
import { createCapturedTerminal } from '../cli/captured-terminal.ts';
import { temporaryFolder } from '../cli/temporary-folder.ts';
import { startQuietly } from '../emulator/platform-client.ts';

const journey = (name: string) => {
  const read = readScenario(name);
  if (!read.ok) throw new Error(read.problem);
  return read.journey;
};

describe('who sets out when', () => {
  const plan = (seed: number) => {
    const journeys = [journey('email-parked'), journey('abandoned-in-queue')] as const;
    const options = { journeys: [...journeys] as [(typeof journeys)[0], ...(typeof journeys)[0][]] };
    return [...departures({ ...options, ratePerMinute: 120, durationMs: 600_000, seed })];
  };

  it('is the same for the same seed, and about as many as the rate says', () => {
    const one = plan(7);
    expect(plan(7)).toEqual(one);
    expect(plan(8)).not.toEqual(one);
    expect(one.length).toBeGreaterThan(1000);
    expect(one.length).toBeLessThan(1400);
    expect(one.every(({ atMs }, index) => atMs > (one[index - 1]?.atMs ?? 0) && atMs < 600_000)).toBe(true);
    expect(new Set(one.map(({ seed }) => seed)).size).toBe(one.length);
    expect(new Set(one.map(({ journey: { name } }) => name)).size).toBe(2);
  });
});

describe('throughline simulate', () => {
  let emulator: GenesysEmulator;
  beforeEach(async () => {
    emulator = await startQuietly({ speed: 5000 });
  });
  afterEach(() => emulator.close());

  const run = async (...args: readonly string[]) => {
    const terminal = createCapturedTerminal();
    const exitCode = await main(['simulate', ...args], terminal);
    return { exitCode, ...terminal.written };
  };

  it('sends customers through every scenario and sums up what came of it', async () => {
    const { exitCode, out, error } = await run('--emulator', emulator.url, '--rate', '6000', '--duration', '1s', '--seed', '3', '--json'); // prettier-ignore
    const summary = JSON.parse(out) as { started: number; finished: number; byScenario: Record<string, number> };
    expect(exitCode).toBe(0);
    expect(error).toContain('journeys');
    expect(summary.started).toBeGreaterThan(50);
    expect(summary.finished).toBe(summary.started);
    expect(Object.keys(summary.byScenario).toSorted()).toEqual(scenarioNames());
    expect(Object.values(summary.byScenario).reduce((sum, count) => sum + count)).toBe(summary.started);
    expect(emulator.driver.ledger().conversations.every(({ settled }) => settled)).toBe(true);
  });

  it('says the same to people', async () => {
    const { exitCode, out } = await run('--emulator', emulator.url, '--scenario', 'email-parked', '--rate', '600', '--duration', '1s'); // prettier-ignore
    expect(exitCode).toBe(0);
    expect(out).toMatch(/Seed 1, 600 journeys a minute/);
    expect(out).toMatch(/email-parked\s+\d+/);
    expect(out).toMatch(/journeys\s+(\d+) begun, \1 finished/);
  });

  it('plays a file of one’s own', async () => {
    const path = join(temporaryFolder(), 'mine.json');
    const steps = [{ do: 'queue' }, { do: 'answer', seconds: 1 }, { do: 'hang-up' }];
    writeFileSync(path, JSON.stringify({ version: 1, name: 'mine', says: 'Mine.', conversations: [{ media: 'voice', steps }] })); // prettier-ignore
    const { exitCode, out } = await run('--emulator', emulator.url, '--scenario', path, '--rate', '600', '--duration', '1s'); // prettier-ignore
    expect([exitCode, out]).toEqual([0, expect.stringMatching(/mine\s+\d+/)]);
  });

  it('lists what comes along', async () => {
    const { exitCode, out } = await run('--list');
    expect(exitCode).toBe(0);
    for (const name of scenarioNames()) expect(out).toContain(name);
  });

  it.each([
    [['--scenario', 'email-parkd'], 2, 'Did you mean email-parked?'],
    [['--scenario', './nowhere.json'], 2, './nowhere.json cannot be read (ENOENT)'],
    [['--duration', '5'], 2, 'as in 90s, 5m or 1h'],
    [['--rate', '0'], 2, 'whole number from 1'],
    [['--emulator', 'nowhere'], 2, '--emulator nowhere is no address'],
    [['--emulator', 'http://127.0.0.1:1', '--rate', '6000'], 1, 'No emulator answers at http://127.0.0.1:1'],
  ])('%j ends with %i and says "%s"', async (args, code, said) => {
    const { exitCode, error } = await run(...args);
    expect(exitCode).toBe(code);
    expect(error).toContain(said);
  });

  it('a file with a mistake is told where', async () => {
    const path = join(temporaryFolder(), 'wrong.json');
    writeFileSync(path, '{"version": 1, "name": "wrong", "says": "W.", "conversations": [{"media": "voice", "steps": [{"do": "hold"}]}]}'); // prettier-ignore
    const { exitCode, error } = await run('--scenario', path);
    expect(exitCode).toBe(2);
    expect(error).toContain('conversations[0].steps[0]: "hold" cannot happen before the queue');
    writeFileSync(path, '{"version": 1,');
    expect((await run('--scenario', path)).error).toContain('is not JSON');
  });
});
