// `throughline dead-letters` and `throughline partitions` against a running API: what they print, and what they do.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deadLetterRig, manyLetters, type DeadLetterRig } from '../support/dead-letter-rig.ts';
import { eventually } from '../support/eventually.ts';

const LETTERS = 250;

let rig: DeadLetterRig;
const logged: Record<string, unknown>[] = [];

beforeAll(async () => {
  rig = await deadLetterRig();
  vi.spyOn(rig.base.log, 'info').mockImplementation(
    (line: unknown) => void logged.push(line as (typeof logged)[number]),
  );
  await rig.park(...manyLetters(LETTERS));
});
afterAll(() => rig.close());

describe('discarding', () => {
  it('is tried first, asked for twice, done once, and leaves a line in the log', async () => {
    const filter = ['--code', 'frame_misrouted', '--conversation', 'c-5'];
    const tried = await rig.cli('dead-letters', 'discard', ...filter, '--dry-run');
    expect(tried).toEqual({ exitCode: 0, out: 'Would discard 25 dead letters (frame_misrouted 25). Nothing was done.\n', error: '' }); // prettier-ignore
    const unsure = await rig.cli('dead-letters', 'discard', ...filter);
    expect([unsure.exitCode, unsure.error]).toEqual([2, 'Discard 25 dead letters? Add --yes to do it, or --dry-run to see what would be done.\n']); // prettier-ignore
    expect(await rig.waiting()).toHaveLength(LETTERS);

    logged.length = 0;
    const done = await rig.cli('dead-letters', 'discard', ...filter, '--yes', '--json');
    expect(JSON.parse(done.out)).toMatchObject({ matched: 25, done: 25, skipped: [], dryRun: false });
    expect(await rig.waiting()).toHaveLength(LETTERS - 25);
    const lines = logged.filter((line) => line['change'] === 'discard');
    expect(lines).toHaveLength(25);
    expect(lines[0]).toMatchObject({ code: 'frame_misrouted', stage: 'conversations' });
    expect(JSON.stringify(lines)).not.toMatch(/Jane|sealed/);

    const again = await rig.cli('dead-letters', 'discard', ...filter, '--yes');
    expect([again.exitCode, again.out]).toEqual([0, expect.stringContaining('No dead letter matches.')]);
  });

  it('by id needs no yes; one that is gone ends with 1', async () => {
    expect(await rig.cli('dead-letters', 'discard', 'p0-1-0-0')).toMatchObject({ exitCode: 0 });
    const gone = await rig.cli('dead-letters', 'discard', 'p0-1-0-0');
    expect([gone.exitCode, gone.out]).toEqual([1, expect.stringContaining('p0-1-0-0: does not wait')]);
  });
});

describe('the list on the command line', () => {
  it('is a table, and names the code that was meant', async () => {
    const { exitCode, out } = await rig.cli('dead-letters', 'list', '--limit', '2', '--code', 'frame_invalid');
    expect(exitCode).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^ {2}id +age +stage +code +topic or conversation +size +tries$/);
    expect(out).toContain('2 dead letters of 224; more match, --limit shows them.');
    const slip = await rig.cli('dead-letters', 'list', '--code', 'frame_invalod');
    expect(slip.out).toContain('No dead letter matches. Did you mean frame_invalid?');
  });
});

describe('partitions', () => {
  it('are listed; a paused one is resumed once', async () => {
    const { redis, keys } = rig.base;
    await redis.hset(keys.partition(2).meta, 'paused', 'poison_flood');
    const listed = await eventually(
      'pause seen',
      () => rig.cli('partitions', 'list'),
      ({ out }) => /^ {2}2 .*paused: poison_flood$/m.test(out),
    );
    expect([listed.exitCode, listed.out.split('\n').length]).toEqual([0, 6]);
    expect((await rig.cli('partitions', 'resume', '2')).out).toBe('Partition 2 goes on.\n');
    expect((await rig.cli('partitions', 'resume', '2')).out).toBe('Partition 2 was not paused: nothing to do.\n');
    expect(await rig.cli('partitions', 'resume', '9')).toMatchObject({ exitCode: 1, error: 'Partitions are numbered 0 to 3.\n' }); // prettier-ignore
    expect(await rig.cli('partitions', 'resume', 'two')).toMatchObject({ exitCode: 2 });
  });
});
