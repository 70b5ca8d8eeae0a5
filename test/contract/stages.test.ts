// The contract of every stage, held by one suite: declared in full, inert on import, poison told from bad luck,
// repeatable. A new stage joins by being in the topology.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { metricCatalogue } from '../../src/observability/catalogue.ts';
import { Poison, type Failure } from '../../src/runtime/errors.ts';
import { topology } from '../../workers/topology.ts';

const loaded = loadConfig({});
if (!loaded.ok) throw new Error('the defaults must be a valid configuration');
const path = topology(loaded.config, createMetrics());
const stages = [
  path.conversations,
  ...Object.values(path.receivers),
  path.validateAttributes,
  path.injectAttributes,
  path.announceEnrichment,
  path.recordAudit,
  path.repairGaps,
  path.deadLetters,
];
const frames = readFileSync('test/fixtures/genesys-frames.jsonl', 'utf8').trim().split('\n');
const at = Date.parse('2026-03-02T18:30:00Z');

describe.each(stages.map((stage) => [stage.name, stage] as const))('stage %s', (name, stage) => {
  it('says what it does, where from and where to', () => {
    expect(stage.does).toMatch(/^[A-Z].{20,}\.$/);
    expect(stage.from).not.toBe('');
    expect(Object.keys(stage.to)).not.toEqual([]);
  });

  it('lives in a file of its name', () => {
    expect(readFileSync(`workers/stages/${name}.stage.ts`, 'utf8')).toContain(`name: '${name}'`);
  });

  it('bounds its time and its tries', () => {
    if (stage.kind === 'partition') return;
    expect(stage.timeoutMs).toBeGreaterThan(0);
    expect(stage.retry.attempts).toBeGreaterThan(0);
    expect(stage.retry.maxMs).toBeGreaterThanOrEqual(stage.retry.initialMs);
  });
});

describe('workers/README.md', () => {
  it('holds the table of the stages as they are declared (npm test -- -u writes it)', async () => {
    const readme = readFileSync('workers/README.md', 'utf8');
    const rows = stages.map(({ name, from, to, does }) => {
      const outputs = Object.entries(to).map(([output, where]) => `${output} → ${where}`);
      return `| \`${name}\` | ${from} | ${outputs.join(', ')} | ${does} |`;
    });
    const table = ['| stage | from | to | does |', '|---|---|---|---|', ...rows].join('\n');
    const between = /(<!-- stages -->\n)[^]*?(\n<!-- \/stages -->)/;
    expect(readme).toMatch(between);
    await expect(readme.replace(between, `$1${table}$2`)).toMatchFileSnapshot('../../workers/README.md');
  });
});

describe('the conversations stage', () => {
  const { handler } = path.conversations;
  const event = (raw: string) => ({ id: '1-0-0', raw, receivedAt: at });

  it.each(['', 'null', '[]', '{}', '"text"', '{"topicName":5}', '{"topicName":"v2.users.x.conversations"}'])(
    '%j is poison or set aside, nothing else',
    (raw) => {
      try {
        expect(handler.decode(event(raw)).kind).toBe('set-aside');
      } catch (error) {
        expect(error).toBeInstanceOf(Poison);
        expect((error as Failure).code).toMatch(/^[a-z_]+$/);
      }
    },
  );

  it('gives the same outputs for the same input, and nothing for a repeat', () => {
    for (const raw of frames) {
      const [one, two] = [handler.decode(event(raw)), handler.decode(event(raw))];
      expect(one).toEqual(two);
      if (one.kind !== 'apply' || two.kind !== 'apply') continue;
      const [first, second] = [handler.apply(undefined, one.event), handler.apply(undefined, two.event)];
      expect(first).toEqual(second);
      const repeated = handler.apply(handler.parseState(JSON.stringify(first.state)), one.event);
      expect(repeated.changed).toBe(false);
      expect(repeated.outputs).toEqual([]);
    }
  });

  it('puts no name, address, phone number or text of a frame into a state or an output', () => {
    for (const raw of frames) {
      const decoded = handler.decode(event(raw));
      if (decoded.kind !== 'apply') continue;
      const applied = handler.apply(undefined, decoded.event);
      expect(JSON.stringify([applied.state, applied.outputs])).not.toMatch(
        /jane|roe|silva|3175550142|example\.com|lost my card|Invoice/i,
      );
    }
  });
});

describe('the metric catalogue', () => {
  it('keeps to the naming rules and to bounded labels', () => {
    for (const [name, { type, labels }] of Object.entries(metricCatalogue)) {
      expect(name).toMatch(/^throughline_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(labels.filter((label) => /(^|_)id$|user|conversation/.test(label))).toEqual([]);
    }
  });
});
