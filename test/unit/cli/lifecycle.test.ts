// The life of a process, with real processes and real signals: exit codes and last words are what `up` goes by.
import { describe, expect, test } from 'vitest';
import { spawnModule, type SpawnedModule } from './spawn-module.ts';

/** A process whose start and stop are given as JavaScript. */
const run = (start: string, drainDeadlineMs = 5000): SpawnedModule =>
  spawnModule(`
    const { runProcess } = await load('/src/runtime/lifecycle.ts');
    const { Fatal } = await load('/src/runtime/errors.ts');
    const { createLogger } = await load('/src/observability/logger.ts');
    const log = createLogger({ level: 'info', role: 'worker' });
    const forever = setInterval(() => {}, 1000);
    await runProcess({ role: 'worker', log, drainDeadlineMs: ${drainDeadlineMs}, start: ${start} });
  `);
const lastLine = (spawned: SpawnedModule): unknown => JSON.parse(spawned.output().trimEnd().split('\n').at(-1) ?? '');

const healthy = 'async () => ({ stop: async () => {} })';
const stuck = 'async () => ({ stop: () => new Promise(() => {}) })';

describe('a process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('says when it is ready and ends cleanly on %s', async (signal) => {
    const spawned = run(healthy);
    expect(await spawned.message()).toEqual({ type: 'ready', role: 'worker' });
    spawned.child.kill(signal);
    expect(await spawned.ended()).toBe(0);
    expect(lastLine(spawned)).toMatchObject({ role: 'worker', msg: 'stopped cleanly' });
  });

  test('stops when its parent is gone', async () => {
    const spawned = run(healthy);
    await spawned.message();
    spawned.child.disconnect();
    expect(await spawned.ended()).toBe(0);
  });

  test('that is still busy at the deadline ends with 1 and says so', async () => {
    const spawned = run(stuck, 50);
    await spawned.message();
    spawned.child.kill('SIGTERM');
    expect(await spawned.ended()).toBe(1);
    expect(lastLine(spawned)).toMatchObject({ level: 50, drainDeadlineMs: 50 });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends at once on a second signal, %s', async (signal, code) => {
    const spawned = run(`async () => ({ stop: () => { process.send('stopping'); return new Promise(() => {}); } })`);
    await spawned.message();
    spawned.child.kill(signal);
    expect(await spawned.message()).toBe('stopping');
    spawned.child.kill(signal);
    expect(await spawned.ended()).toBe(code);
  });

  test('asked to stop while it starts is told by the signal, and ends cleanly', async () => {
    const spawned = run(`(signal) => new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      process.send('starting');
    })`);
    expect(await spawned.message()).toBe('starting');
    spawned.child.kill('SIGTERM');
    expect(await spawned.ended()).toBe(0);
  });

  test('asked to stop while it starts stops what has started nevertheless', async () => {
    const spawned = run(`(signal) => new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ stop: async () => log.info('stopped what ran') }));
      process.send('starting');
    })`);
    await spawned.message();
    spawned.child.kill('SIGTERM');
    expect(await spawned.ended()).toBe(0);
    expect(spawned.output()).toContain('stopped what ran');
  });
});

describe('a failure', () => {
  test('that only a person can mend ends with 78, its message the last line', async () => {
    const spawned = run(`async () => { throw new Fatal('bad_credentials', 'the client is not known'); }`);
    expect(await spawned.ended()).toBe(78);
    expect(lastLine(spawned)).toMatchObject({ level: 60, msg: 'the client is not known' });
  });

  test.each([
    ['of the start', `async () => { throw new Error('broken'); }`],
    [
      'handed over later',
      `async (_signal, onFailure) => { setImmediate(onFailure, new Error('broken')); return { stop() {} }; }`,
    ],
    [
      'thrown where nobody catches',
      `async () => { setImmediate(() => { throw new Error('broken'); }); return { stop() {} }; }`,
    ],
    ['of a promise nobody awaits', `async () => { void Promise.reject(new Error('broken')); return { stop() {} }; }`],
  ])('%s ends with 1', async (_name, start) => {
    const spawned = run(start);
    expect(await spawned.ended()).toBe(1);
    expect(lastLine(spawned)).toMatchObject({ level: 60, msg: 'broken' });
  });

  test('of the stop ends with 1', async () => {
    const spawned = run(`async () => ({ stop: async () => { throw new Error('cannot stop'); } })`);
    await spawned.message();
    spawned.child.kill('SIGTERM');
    expect(await spawned.ended()).toBe(1);
    expect(lastLine(spawned)).toMatchObject({ msg: 'cannot stop' });
  });
});
