// The rules as an operator writes them: every mistake at once, by its path; what is right means what it says.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { environmentFor } from '../../../../src/config/document.ts';
import { loadConfig } from '../../../../src/config/load.ts';
import { readSlaRules } from '../../../../src/domain/sla/rule-schema.ts';
import { DEFAULT_SLA_RULES, slaRulesFrom } from '../../../../src/domain/sla/rules.ts';

const problemOf = (rules: unknown): string => {
  const read = readSlaRules(typeof rules === 'string' ? rules : JSON.stringify(rules));
  return read.ok ? '' : read.problem;
};
const where = { media: 'message' } as const;

describe('readSlaRules', () => {
  it.each([
    ['{', 'is not JSON'],
    ['[]', 'is wrong at (the whole): '],
    [{ rule: [] }, 'rule'],
    [{ rules: [{ objective: 'voiceAnswr', withinSeconds: 20 }] }, 'rules[0].objective: '],
    [{ rules: [{ objective: 'voiceAnswer' }] }, 'rules[0].withinSeconds: '],
    [{ rules: [{ objective: 'voiceAnswer', withinSeconds: 0 }] }, 'rules[0].withinSeconds: '],
    [
      { rules: [{ objective: 'voiceAnswer', withinSeconds: 20, hours: 'day' }] },
      'rules[0].hours: is not among the names in hours',
    ],
    [
      { rules: [{ objective: 'voiceAnswer', withinSeconds: 20, queues: ['sales'] }] },
      'rules[0].queues[0]: must be the id of a queue',
    ],
    [
      { hours: { day: { timeZone: 'Berlin', week: { mon: ['09:00-17:00'] } } } },
      'hours.day.timeZone: must be a time zone',
    ],
    [
      { hours: { day: { timeZone: 'UTC', week: { mon: ['22:00-06:00'] } } } },
      'hours.day.week.mon[0]: must be a span within one day',
    ],
    [
      { hours: { day: { timeZone: 'UTC', week: { mon: ['09:00-12:00', '11:00-17:00'] } } } },
      'hours.day.week.mon: must not overlap',
    ],
    [{ hours: { day: { timeZone: 'UTC', week: { sat: [] } } } }, 'hours.day.week: must be open at some time'],
    [
      { hours: { day: { timeZone: 'UTC', week: { mon: ['00:00-24:00'] }, holidays: ['25.12.'] } } },
      'hours.day.holidays[0]: must be a date',
    ],
  ])('%j: %s', (rules, expected) => {
    expect(problemOf(rules)).toContain(expected);
  });

  it('tells every mistake at once', () => {
    const problem = problemOf({
      atRiskPercent: 100,
      rules: [
        { objective: 'x', withinSeconds: 1 },
        { objective: 'voiceAnswer', withinSeconds: 1.5 },
      ],
    });
    for (const path of ['atRiskPercent', 'rules[0].objective', 'rules[1].withinSeconds'])
      expect(problem).toContain(path);
  });

  it('is told with the name of its setting when the configuration is loaded', () => {
    const loaded = loadConfig({
      THROUGHLINE_SLA_RULES: '{"rules":[{"objective":"voiceAnswer","withinSeconds":"20"}]}',
    });
    expect(loaded.ok ? [] : loaded.problems).toMatchObject([
      { variable: 'THROUGHLINE_SLA_RULES', message: expect.stringContaining('is wrong at rules[0].withinSeconds') },
    ]);
  });
});

describe('THROUGHLINE_SLA_RULES_FILE', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-sla-'));
  const file = join(folder, 'rules.json');
  const load = (text: string) => {
    writeFileSync(file, text);
    return loadConfig({ THROUGHLINE_SLA_RULES_FILE: file });
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  it('holds the rules, over as many lines as they need', () => {
    const loaded = load('{\n  "rules": [{ "objective": "voiceAnswer", "withinSeconds": 20 }]\n}\n');
    expect(loaded.ok && slaRulesFrom(loaded.config.slaRules).promises('voiceAnswer')).toBe(true);
    // what a child process is given is what its parent has
    expect(loaded.ok && loadConfig(environmentFor(loaded.config))).toEqual(loaded);
  });

  it('is named by what is wrong in it, and clashes with the setting itself', () => {
    const wrong = load('{"rules":[{}]}');
    expect(wrong.ok ? '' : wrong.problems[0]).toMatchObject({ variable: 'THROUGHLINE_SLA_RULES_FILE', message: expect.stringContaining('rules[0].objective') }); // prettier-ignore
    const both = loadConfig({ THROUGHLINE_SLA_RULES_FILE: file, THROUGHLINE_SLA_RULES: '{}' });
    expect(both.ok ? '' : both.problems[0]?.message).toContain('Keep one of the two');
  });
});

describe('the documented example', () => {
  it('is taken as it stands', () => {
    const [, example = ''] = /```json\n([^]*?)```/.exec(readFileSync('src/domain/sla/README.md', 'utf8')) ?? [];
    expect(problemOf(example)).toBe('');
    const rules = slaRulesFrom(example);
    expect(rules.termOf('voiceAnswer', { media: 'voice', priority: 10 }, 0)?.dueAt).toBe(10_000);
    expect(rules.termOf('messageRead', { media: 'message', priority: 5 }, 0)).toBeUndefined();
    expect(rules.reportsReading('message', 'sms')).toBe(false);
  });
});

describe('rules', () => {
  it('are the contract’s where nobody has written any', () => {
    expect(DEFAULT_SLA_RULES.termOf('messageDelivery', where, 0)).toEqual({ riskAt: 240_000, dueAt: 300_000 });
    expect(DEFAULT_SLA_RULES.termOf('messageRead', where, 0)).toEqual({ riskAt: 1_440_000, dueAt: 1_800_000 });
    expect(DEFAULT_SLA_RULES.promises('voiceAnswer')).toBe(false);
    expect(DEFAULT_SLA_RULES.promises('firstResponse')).toBe(false);
  });

  it('go before the defaults and leave the others as they are', () => {
    const rules = slaRulesFrom('{"rules":[{"objective":"messageRead","withinSeconds":null}]}');
    expect(rules.termOf('messageRead', where, 0)).toBeUndefined();
    expect(rules.termOf('messageDelivery', where, 0)?.dueAt).toBe(300_000);
  });

  it('hours that are gone since count as all time', () => {
    expect(DEFAULT_SLA_RULES.overdueSeconds({ dueAt: 0, hours: 'gone' }, 5000)).toBe(5);
  });
});
