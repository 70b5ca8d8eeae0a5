// Who is called dead: only who was silent for as long as somebody watched without a break.
import { describe, expect, it } from 'vitest';
import { Watch } from '../../../src/partitions/attendance.ts';
import { killersAmong } from '../../../src/partitions/isolate.ts';

const LOOK_MS = 750;

/** Looks again and again; `heard` says when each worker last spoke, as of the n-th look. */
function watching(watch: Watch, looks: number, from: number, heard: (n: number) => Record<string, number>): number {
  let at = from;
  for (let n = 0; n < looks; n += 1, at += LOOK_MS) {
    const spoken = Object.entries(heard(n)).map(([worker, when]) => [worker, String(when)] as const);
    watch.look(new Map(spoken), at);
  }
  return at;
}

describe('attendance', () => {
  it('knows nothing of anybody before it has watched', () => {
    const watch = new Watch();
    watching(watch, 1, 1e9, () => ({ seen: 1 }));
    expect([watch.isDead('seen'), watch.isDead('never seen')]).toEqual([undefined, undefined]);
  });

  it('calls alive who speaks, and dead who was silent or absent all the while', () => {
    const watch = new Watch();
    watching(watch, 6, 1e9, (n) => ({ speaks: n, silent: 7 }));
    expect(['speaks', 'silent', 'absent'].map((worker) => watch.isDead(worker))).toEqual([false, true, true]);
  });

  it('knows that a newcomer lives', () => {
    const watch = new Watch();
    watching(watch, 6, 1e9, (n) => (n === 5 ? { newcomer: 1 } : {}));
    expect(watch.isDead('newcomer')).toBe(false);
  });

  it('begins anew after a break: silence while Redis was away proves nothing', () => {
    const watch = new Watch();
    const at = watching(watch, 6, 1e9, (n) => ({ other: n }));
    watching(watch, 3, at + 20_000, () => ({ other: 5 }));
    expect(watch.isDead('other')).toBeUndefined();
  });

  it('is not taken in by a clock that jumps within its patience or runs back', () => {
    const watch = new Watch();
    const at = watching(watch, 2, 1e9, () => ({ other: 5 }));
    watching(watch, 1, at + 2000, () => ({ other: 5 }));
    expect(watch.isDead('other')).toBeUndefined();
    watching(watch, 3, 1e8, () => ({ other: 5 }));
    expect(watch.isDead('other')).toBeUndefined();
  });
});

describe('a killer', () => {
  const fates: Record<string, boolean | undefined> = { dead1: true, dead2: true, alive: false, unknown: undefined };
  const killers = (...workers: string[]) =>
    killersAmong([{ id: 'e1' }, { id: 'e2' }], new Map([['e1', workers]]), (worker) => fates[worker]);

  it('is proven by two deaths', () => {
    expect(killers('dead1', 'dead2')).toEqual(new Set(['e1']));
    expect(killers('dead1', 'alive', 'dead2')).toEqual(new Set(['e1']));
  });

  it('is not proven by one, however many live', () => {
    expect(killers('dead1')).toEqual(new Set());
    expect(killers('dead1', 'alive')).toEqual(new Set());
    expect(killers('unknown')).toEqual(new Set());
  });

  it('is not waited for by the events before it', () => {
    const touched = new Map([['e9', ['unknown', 'unknown']]]);
    expect(killersAmong([{ id: 'e1' }], touched, () => undefined)).toEqual(new Set());
  });

  it('is undecided while one is unknown that would prove it', () => {
    expect(killers('dead1', 'unknown')).toBe('undecided');
    expect(killers('unknown', 'unknown', 'alive')).toBe('undecided');
  });
});
