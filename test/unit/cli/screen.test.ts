// What `up` shows: exact text, in long and short form, watched and unwatched.
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { recordsOf, showLive } from '../../../src/cli/up/live.ts';
import { createLiveLine, liveText, welcome } from '../../../src/cli/up/screen.ts';
import type { OverviewAnswer } from '../../../src/cli/overview.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createCapturedTerminal } from './captured-terminal.ts';
import { sampleOverview } from './overview-sample.ts';

const LONG = 'events in 12,345 (24.4/s) · state moves 6,789 · CRM records out 1,234 · in flight 36 · p95 15 ms';

describe('the figures', () => {
  test('are one line', () => {
    expect(liveText(sampleOverview(), 120)).toBe(LONG);
  });

  test('use short words where the long ones do not fit', () => {
    expect(liveText(sampleOverview(), LONG.length)).toBe(
      'events 12,345 (24.4/s) · moves 6,789 · CRM 1,234 · open 36 · p95 15 ms',
    );
  });

  test('say when there is no latency, and when there are dead letters', () => {
    const overview = sampleOverview({ latencyMs: null, deadLetters: { waiting: 2, byCode: {} } });
    expect(liveText(overview, 200)).toContain('p95 – · dead letters 2');
  });

  test('show small latencies with a digit more', () => {
    expect(liveText(sampleOverview({ latencyMs: { p50: 1, p95: 6.04, p99: 9 } }), 200)).toContain('p95 6.0 ms');
  });
});

describe('the welcome', () => {
  const loaded = loadConfig({});
  if (!loaded.ok) throw new Error('an empty configuration must be sound');
  const plan = { config: loaded.config, emulated: true, consoleUrl: 'http://127.0.0.1:7700' };
  const facts = {
    version: '1.2.3',
    plan,
    redis: 'redis-server 7.0.15',
    warehouse: 'PostgreSQL 18.4',
    logDir: '/data/logs',
    colours: false,
    madeEventsToken: 'made-token',
  };

  test('says where everything is', () => {
    const text = welcome({ ...facts, madePassword: 'abcd-efgh' });
    for (const part of [
      'Throughline 1.2.3',
      'abcd-efgh',
      '/queues',
      '/metrics',
      '/docs',
      '/v1/events',
      'made-token',
      '/data/logs',
      'Ctrl-C',
    ]) {
      expect(text).toContain(part);
    }
    expect(text.split('\n').length).toBeLessThan(18);
  });

  test('has colours only where somebody watches', () => {
    const escape = String.fromCodePoint(27);
    expect(welcome({ ...facts, madePassword: 'abcd' })).not.toContain(escape);
    expect(welcome({ ...facts, madePassword: 'abcd', colours: true })).toContain(escape);
  });

  test('does not show a password or token that somebody set', () => {
    const config = { ...loaded.config, consolePassword: 'my own password', eventsToken: 'my own token of events' };
    const text = welcome({ ...facts, plan: { ...plan, config }, madePassword: undefined, madeEventsToken: undefined });
    expect(text).not.toContain('my own');
    expect(text).toContain('password as configured');
    expect(text).toContain('token as configured');
  });
});

describe('the live line', () => {
  test('is overwritten in place, and messages go above it', () => {
    const terminal = createCapturedTerminal({ isTty: true });
    const line = createLiveLine(terminal, () => 0);
    line.update('one');
    line.say('news');
    line.update('two');
    line.end();
    expect(terminal.written.out).toBe('one\r\u001B[Knews\none\r\u001B[Ktwo\n');
  });

  test('never wraps', () => {
    const terminal = createCapturedTerminal({ isTty: true, columns: 10 });
    createLiveLine(terminal, () => 0).update('x'.repeat(30));
    expect(terminal.written.out).toBe('x'.repeat(9));
  });

  test('is a line every 10 s where nobody watches', () => {
    const clock = createFakeClock();
    const terminal = createCapturedTerminal();
    const line = createLiveLine(terminal, () => clock.now());
    for (let second = 0; second <= 20; second++) {
      line.update(`at ${second}`);
      clock.advance(1000);
    }
    line.say('news');
    line.end();
    expect(terminal.written.out).toBe('at 0\nat 10\nat 20\nnews\n');
  });
});

describe('the first CRM record', () => {
  const withRecords = (crmRecords: number): OverviewAnswer => {
    const { totals } = sampleOverview();
    return { kind: 'overview', overview: sampleOverview({ totals: { ...totals, crmRecords } }) };
  };

  async function watch(answers: readonly OverviewAnswer[], recordsBefore: number | undefined): Promise<string> {
    const clock = createFakeClock();
    const terminal = createCapturedTerminal();
    const stopping = new AbortController();
    let asked = 0;
    const ask = (): Promise<OverviewAnswer> => {
      const answer = answers[asked++];
      if (answer === undefined) stopping.abort();
      clock.advance(1000);
      return Promise.resolve(answer ?? { kind: 'absent' });
    };
    const startedAt = clock.now();
    const line = createLiveLine(terminal, () => clock.now());
    const done = showLive({
      ask,
      line,
      columns: () => 200,
      clock,
      startedAt,
      recordsBefore,
      stopping: stopping.signal,
    });
    while (!stopping.signal.aborted) {
      clock.advance(1000);
      await new Promise(setImmediate);
    }
    await done;
    return terminal.written.out;
  }

  test('is told once, when the count passes that of earlier runs', async () => {
    const shown = await watch([withRecords(5), withRecords(5), withRecords(6), withRecords(9)], 5);
    expect(shown.match(/First CRM record [\d.]+ s after the start\./g)).toHaveLength(1);
  });

  test('is not told of records of earlier runs, even when nobody could count them before', async () => {
    expect(await watch([{ kind: 'absent' }, withRecords(5), withRecords(5)], undefined)).not.toContain('First');
  });

  test('is counted from answers that are understood only', () => {
    expect(recordsOf(withRecords(7))).toBe(7);
    expect(recordsOf({ kind: 'refused' })).toBeUndefined();
  });

  test('matters less than saying why there are no figures', async () => {
    expect(await watch([{ kind: 'absent' }], 0)).toContain('no figures: the API does not answer');
    expect(await watch([{ kind: 'refused' }], 0)).toContain('no figures: the password is not taken');
    expect(await watch([{ kind: 'strange', reason: 'it answered 500' }], 0)).toContain('no figures: it answered 500');
  });
});
