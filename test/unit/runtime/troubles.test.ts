// A remote that is down for an hour is a few lines of log, not one a job; what nobody foresaw is told each time.
import { describe, expect, it } from 'vitest';
import { Interrupted, Retryable, Throttled } from '../../../src/runtime/errors.ts';
import { classify } from '../../../src/runtime/settle.ts';
import { troublesOf } from '../../../src/runtime/troubles.ts';

type Line = object;

function rig() {
  const clock = { now: 0 };
  const warned: Line[] = [];
  const debugged: Line[] = [];
  const log = { warn: (line: Line) => warned.push(line), debug: (line: Line) => debugged.push(line) };
  const troubles = troublesOf(log, () => clock.now);
  let jobs = 0;
  const tell = (error: unknown, times = 1): void => {
    for (let i = 0; i < times; i += 1) {
      jobs += 1;
      troubles.tell({ stage: 'test', jobId: `j${jobs}`, attempt: 1, ...classify(error) }, error);
    }
  };
  return { clock, warned, debugged, tell };
}

describe('messages that were not done', () => {
  it('are told at once, then once a minute with how many there were, each code for itself', () => {
    const { clock, warned, tell } = rig();
    tell(new Retryable('unreachable', 'nobody there'), 500);
    tell(new Retryable('timeout', 'too late'), 3);
    expect(warned).toMatchObject([{ code: 'unreachable', jobId: 'j1' }, { code: 'timeout' }]);
    clock.now = 61_000;
    tell(new Retryable('unreachable', 'nobody there'), 500);
    expect(warned).toHaveLength(3);
    expect(warned[2]).toMatchObject({ code: 'unreachable', jobId: 'j504', untoldSince: 499 });
  });

  it('are told every time where nobody foresaw them', () => {
    const { warned, tell } = rig();
    tell(new TypeError('x is not a function'), 3);
    expect(warned).toHaveLength(3);
    expect(warned[2]).not.toHaveProperty('untoldSince');
  });

  it('are no trouble where a budget is used up, or the process stops', () => {
    const { warned, debugged, tell } = rig();
    tell(new Throttled('rate_budget', 'later', 100));
    tell(new Interrupted());
    expect(warned).toEqual([]);
    expect(debugged).toHaveLength(2);
  });
});
